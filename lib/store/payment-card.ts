/** A run of digits that may be a card's number, as it is printed or in groups of one separator. */
const candidates =
  /(?<![\w.])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5})(?!\w|\.\d)/g;

/**
 * Issuers by the beginning of their numbers and its length. Why both, and Luhn besides: Luhn alone is right for one
 * number in ten, which timestamps and ids are as well.
 *
 * Source: ISO/IEC 7812-1; the issuers' published ranges. Visa's 13 digits are not issued any more, and are EAN codes now.
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

/** Whether a payment card's number stands in this text. */
export function hasPaymentCard(text: string): boolean {
  for (const [candidate] of text.matchAll(candidates)) {
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
