import { timingSafeEqual } from 'node:crypto';
import { createKeyedDigest } from './credentials.js';

/** Whether a value can be sent as a bearer token. Source: RFC 6750, section 2.1. */
export const isBearerToken = (value: unknown): value is string =>
  typeof value === 'string' && /^[-\w.~+/]+=*$/.test(value);

/** Parses a file of tokens: one token a line. Empty lines and lines that begin with `#` are skipped. */
export const parseTokens = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((token) => token.trim())
    .filter((token) => token !== '' && !token.startsWith('#'));

/** The accepted bearer tokens. Several can be valid at a time, so that they can be rotated. */
export class BearerTokens {
  readonly #digest = createKeyedDigest();
  readonly #accepted: readonly Buffer[];

  constructor(tokens: readonly string[]) {
    this.#accepted = tokens.map((token) => this.#digest(token));
  }

  /** Whether a token is accepted. Takes the same time for every token. */
  has(token: string): boolean {
    const digest = this.#digest(token);
    let isAccepted = false;
    for (const accepted of this.#accepted) isAccepted = timingSafeEqual(accepted, digest) || isAccepted;
    return isAccepted;
  }
}
