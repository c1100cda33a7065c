import { hasPaymentCard } from './payment-card.js';

/** What a label value may look like that must not be exposed; the values of `pattern` in `flowplane_metrics_redacted_total`. */
export type SensitivePattern = 'email' | 'jwt' | 'bearer' | 'api_key' | 'private_key' | 'payment_card';

/**
 * Keys that vendors have given a recognisable beginning, so that they can be found where they do not belong.
 *
 * Source: the vendors' documentation of their formats, named beside each.
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

/** A key begins where a word does. One expression for all of them: a text is gone through once. */
const vendorKey = new RegExp(`(?<![A-Za-z0-9])(?:${vendorKeys.map(({ source }) => source).join('|')})`);

// None of these may take longer than the text is long: each begins at a fixed text or character, and where it can begin
// anew at every character, it does not look further than to the end of the word.
const patterns: readonly (readonly [SensitivePattern, (text: string) => boolean])[] = [
  // Source: RFC 5322, section 3.4.1, of a domain that has a top-level one.
  [
    'email',
    matching(/[\w.!#$%&'*+/=?^`{|}~\u0080-\uffff-]@(?:[a-z0-9\u0080-\uffff-]+\.)+[a-z\u0080-\uffff]{2,}/i, '@'),
  ],
  // Source: RFC 7519, RFC 7516: a JSON object comes first, so the text begins with that of `{"`.
  ['jwt', matching(/(?<![\w-])eyJ[\w-]{8,}\.[\w-]*\.[\w-]*/, 'eyJ')],
  // Source: RFC 6750, section 2.1. A token has a digit, where a word has none.
  ['bearer', matching(/(?<!\w)bearer[ \t]+(?=[a-z.~+/_-]*\d)[\w.~+/-]{8,}/i, ' ')],
  ['api_key', (text) => text.length > 15 && vendorKey.test(text)],
  // Source: RFC 7468; RFC 9580, section 6.2.
  ['private_key', matching(/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/, '-----BEGIN ')],
  ['payment_card', hasPaymentCard],
];

/** What this text looks like that must not be exposed; `undefined` for all others. */
export function sensitivePattern(text: string): SensitivePattern | undefined {
  return patterns.find(([, isIn]) => isIn(text))?.[0];
}

/** Whether the expression matches, which can only be where this mark is: looking for the mark is ten times quicker. */
function matching(expression: RegExp, mark: string): (text: string) => boolean {
  return (text) => text.includes(mark) && expression.test(text);
}

/** The patterns' names. */
export const sensitivePatterns: readonly SensitivePattern[] = patterns.map(([name]) => name);
