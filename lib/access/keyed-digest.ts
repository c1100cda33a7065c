import { createHmac, randomBytes } from 'node:crypto';

/**
 * A digest that nobody can compute outside this object: secrets are kept and compared as such, so that neither a heap dump
 * nor the time of a comparison tells anything of them.
 */
export function keyedDigest(): (...parts: readonly string[]) => Buffer {
  const key = randomBytes(32);
  return (...parts) => {
    const hmac = createHmac('sha256', key);
    // Why the lengths: no two lists of parts may give the same bytes.
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest();
  };
}
