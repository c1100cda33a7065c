import { timingSafeEqual } from 'node:crypto';
import { keyedDigest } from './keyed-digest.js';

/** Whether this can be sent as a bearer token. Source: RFC 6750, section 2.1. */
export const isBearerToken = (given: unknown): given is string =>
  typeof given === 'string' && /^[-\w.~+/]+=*$/.test(given);

/** The tokens in a file: one in each line; empty lines and those that begin with `#` are none. */
export const tokensIn = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((token) => token.trim())
    .filter((token) => token !== '' && !token.startsWith('#'));

/** The bearer tokens that are good, several at a time so that they can be rotated. */
export class BearerTokens {
  readonly #digest = keyedDigest();
  readonly #good: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#good = tokens.map((token) => this.#digest(token));
  }

  /** Takes the same time whatever token it is given. */
  has(token: string): boolean {
    const digest = this.#digest(token);
    let isGood = false;
    for (const good of this.#good) isGood = timingSafeEqual(good, digest) || isGood;
    return isGood;
  }
}
