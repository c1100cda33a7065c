import { createHmac } from 'node:crypto';

/**
 * What a label value that must not be exposed may look like: the values of the label `pattern` of
 * `flowplane_metrics_redacted_total`.
 */
export type SensitivePattern = 'email' | 'jwt' | 'bearer' | 'api_key' | 'private_key' | 'payment_card';

/**
 * Keys that vendors gave a recognisable beginning, so that scanners can find leaked ones.
 *
 * Source: the documentation of the vendor that stands beside each.
 */
const vendorKeys: readonly RegExp[] = [
  /sk-(?:[a-z0-9]+-){0,4}\w{20,}/, // OpenAI, Anthropic
  /[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{24,}/, // Stripe
  /gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_\w{22,}/, // GitHub
  /glpat-[\w-]{20,}/, // GitLab
  /(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/, // AWS
  /xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}/, // Slack
  /AIza[\w-]{35}|GOCSPX-[\w-]{28}/, // Google
  /npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{50,}/, // npm, PyPI
  /SG\.[\w-]{22}\.[\w-]{43}/, // SendGrid
  /hv[bs]\.[\w-]{24,}/, // HashiCorp Vault
  /dop_v1_[a-f0-9]{64}/, // DigitalOcean
  /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/, // Shopify
];

/** A key begins where a word begins. Why one expression for all of them: a text is searched once. */
const vendorKey = new RegExp(`(?<![A-Za-z0-9])(?:${vendorKeys.map(({ source }) => source).join('|')})`);

/** What every such key has in it. Why tested first: a text that is no key is done with ten times as fast. */
const keyBeginning = /[\w-]{15}|whsec_/;

// Each of these takes time in proportion to the length of the text: it begins at a fixed text or character, and one that can
// begin at every character looks no further than to the end of the word.
const patterns: readonly (readonly [SensitivePattern, (text: string) => boolean])[] = [
  // Source: RFC 5322, section 3.4.1, limited to domains with a top-level domain.
  ['email', matcher(/[\w.!#$%&'*+/=?^`{|}~\u0080-\uffff-]@(?:[a-z0-9\u0080-\uffff-]+\.)+[a-z\u0080-\uffff]{2,}/i, '@')],
  // Source: RFC 7519, RFC 7516: a JSON object comes first, so the text begins with the encoding of `{"`.
  ['jwt', matcher(/(?<![\w-])eyJ[\w-]{8,}\.[\w-]*\.[\w-]*/, 'eyJ')],
  // Source: RFC 6750, section 2.1. A token has a digit; an English word has none.
  ['bearer', matcher(/(?<!\w)bearer[ \t]+(?=[a-z.~+/_-]*\d)[\w.~+/-]{8,}/i, ' ')],
  ['api_key', (text) => keyBeginning.test(text) && vendorKey.test(text)],
  // Source: RFC 7468; RFC 9580, section 6.2.
  ['private_key', matcher(/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/, '-----BEGIN ')],
  ['payment_card', hasPaymentCard],
];

/** How many characters the shortest text has that is no e-mail address and matches a pattern: a JWT. */
const shortestToken = 'eyJ'.length + 8 + '..'.length;

/**
 * The texts that were searched last and look like nothing that must not be exposed. Why: the families of a service have the
 * same values, such as its routes and teams.
 */
const harmless = new Map<unknown, string>();
const maxHarmless = 1000;
const longestHarmless = 128;

/** The text that equals this value, where it was searched lately and is harmless. */
export const recallHarmless = (value: unknown): string | undefined => harmless.get(value);

/** Finds what a text looks like that must not be exposed; `undefined` for any other text. */
export function findSensitivePattern(text: string): SensitivePattern | undefined {
  // Why: most label values are short, and only an address may be shorter than a token.
  if (text.length < shortestToken && !text.includes('@')) return undefined;
  if (harmless.has(text)) return undefined;
  for (const [pattern, isIn] of patterns) if (isIn(text)) return pattern;
  if (text.length <= longestHarmless) rememberHarmless(text);
  return undefined;
}

function rememberHarmless(text: string): void {
  if (harmless.size === maxHarmless) harmless.clear();
  harmless.set(text, text);
}

/** Tests an expression, which matches only texts with this mark. Why the mark: to look for it is ten times faster. */
function matcher(expression: RegExp, mark: string): (text: string) => boolean {
  return (text) => text.includes(mark) && expression.test(text);
}

/** Digits that may be the number of a card: in one run, or in groups with one kind of separator. */
const cardCandidates =
  /(?<![\w.])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})(?!\w|\.\d)/g;

/**
 * Issuers by the beginning and the length of their numbers. Why both are tested, and the check digit too: one number in ten
 * has a right check digit, so timestamps and ids have it as well.
 *
 * Source: ISO/IEC 7812-1; the issuers' published ranges. Visa no longer issues 13 digits, which are EAN codes now.
 */
const issuers: readonly RegExp[] = [
  /^4(?:\d{15}|\d{18})$/, // Visa
  /^(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^(?:6011|64[4-9]\d|65\d\d)\d{12}$/, // Discover
  /^35(?:2[89]|[3-8]\d)\d{12}$/, // JCB
  /^3(?:0[0-5]|[689]\d)\d{11}$/, // Diners Club
  /^62\d{14}(?:\d{3})?$/, // UnionPay
];

/** Whether a text has the number of a payment card in it. */
function hasPaymentCard(text: string): boolean {
  // Why: every candidate has so many digits in a row, and to look for them is quick.
  if (!/\d{4}/.test(text)) return false;
  for (const [candidate] of text.matchAll(cardCandidates)) {
    const digits = candidate.replace(/[ -]/g, '');
    if (issuers.some((issuer) => issuer.test(digits)) && passesLuhn(digits)) return true;
  }
  return false;
}

// Source: ISO/IEC 7812-1, annex B: every second digit from the right is doubled.
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    sum += i % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 === 0;
}

/** Changes a label value into the one that is exposed. */
export type LabelTransform = (text: string) => string;

/** Hashes values: the first 16 hex digits of the HMAC-SHA-256 of the value under this key. */
export function hashWith(key: string): LabelTransform {
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, 16);
}
