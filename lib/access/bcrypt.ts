import { MetricsError } from '../error.js';

/** Compares a password with a bcrypt hash, on a thread of Node's pool: never on the event loop. */
export type VerifyPassword = (password: string, hash: string) => Promise<boolean>;

/**
 * The comparison of `@node-rs/bcrypt`, an optional peer.
 *
 * Why this one: bcrypt in JavaScript blocks the event loop for some 60 ms per wrong password, and the package `bcrypt`
 * takes no `$2y$`, which is what htpasswd writes.
 */
export async function bcrypt(): Promise<VerifyPassword> {
  try {
    const { verify } = await import('@node-rs/bcrypt');
    return (password, hash) => verify(password, hash);
  } catch (cause) {
    const message =
      'package "@node-rs/bcrypt" is needed for basic authentication (given none that loads). Run: npm install @node-rs/bcrypt.';
    throw new MetricsError('MetricsServer', [{ code: 'missing_peer', message }], { cause });
  }
}
