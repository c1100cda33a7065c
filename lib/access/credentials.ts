import { createHmac, randomBytes } from 'node:crypto';

/** The credentials in an `Authorization` header. */
export type Credentials =
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string };

/**
 * Parses an `Authorization` header; `undefined` where it is missing or has neither of the two schemes.
 *
 * Source: RFC 7617, RFC 6750.
 */
export function parseCredentials(header: string | undefined): Credentials | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(header ?? '') ?? [];
  if (/^bearer$/i.test(scheme)) return { scheme: 'bearer', token: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) return undefined;
  return { scheme: 'basic', user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/**
 * Makes a digest function with a random key of its own. Secrets are kept and compared as such digests, so that neither a
 * heap dump nor the time of a comparison reveals anything about them.
 */
export function createKeyedDigest(): (...parts: readonly string[]) => Buffer {
  const key = randomBytes(32);
  return (...parts) => {
    const hmac = createHmac('sha256', key);
    // Why: with the lengths, two different lists of parts never give the same bytes.
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest();
  };
}
