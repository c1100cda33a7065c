import { exportsOf, type PeerUse, peerError } from '../peers.js';
import { createKeyedDigest } from './credentials.js';

/** The result of a password check; `busy` where too many other passwords are waiting to be compared. */
export type PasswordResult = 'right' | 'wrong' | 'busy';

/** Compares a password with a bcrypt hash on a thread of Node's pool, never on the event loop. */
export type VerifyPassword = (password: string, hash: string) => Promise<boolean>;

const maxWaiting = 20;
const maxRemembered = 1000;

/**
 * The passwords of the users.
 *
 * A comparison is slow by design. So only one runs at a time, the number of waiting ones is limited, and results are
 * remembered. Right and wrong passwords are remembered apart: a flood of wrong ones must not displace a right one.
 */
export class Passwords {
  readonly #hashes: ReadonlyMap<string, string>;
  readonly #verify: VerifyPassword;
  readonly #digest = createKeyedDigest();
  readonly #right = new Set<string>();
  readonly #wrong = new Set<string>();
  readonly #pending = new Map<string, Promise<boolean>>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param hashes the bcrypt hash of each user's password. */
  constructor(hashes: ReadonlyMap<string, string>, verify: VerifyPassword) {
    this.#hashes = hashes;
    this.#verify = verify;
  }

  async check(user: string, password: string): Promise<PasswordResult> {
    const key = this.#digest(user, password).toString('base64');
    if (this.#right.has(key)) return 'right';
    if (this.#wrong.has(key)) return 'wrong';
    const pending = this.#pending.get(key);
    if (pending === undefined && this.#pending.size > maxWaiting) return 'busy';
    return (await (pending ?? this.#compareNext(key, user, password))) ? 'right' : 'wrong';
  }

  /** Compares this password when all comparisons before it have ended. */
  #compareNext(key: string, user: string, password: string): Promise<boolean> {
    const comparison = this.#last.then(async () => {
      const isRight = await this.#compare(user, password);
      remember(isRight ? this.#right : this.#wrong, key);
      return isRight;
    });
    const remove = (): void => {
      this.#pending.delete(key);
    };
    this.#last = comparison.then(remove, remove);
    this.#pending.set(key, comparison);
    return comparison;
  }

  async #compare(user: string, password: string): Promise<boolean> {
    const hash = this.#hashes.get(user);
    const matches = await this.#verify(password, hash ?? this.#decoyHash(user));
    return hash !== undefined && matches;
  }

  // Why: without a comparison, the response time would reveal that no such user exists. The same name always gets the same
  // decoy, so that the time is the same at each attempt too.
  #decoyHash(user: string): string {
    const hashes = [...this.#hashes.values()];
    return hashes[this.#digest(user).readUInt32BE() % hashes.length] as string;
  }
}

function remember(results: Set<string>, key: string): void {
  if (results.size >= maxRemembered) results.delete(results.values().next().value as string);
  results.add(key);
}

/**
 * Loads the comparison of `@node-rs/bcrypt`, an optional peer.
 *
 * Why this package: bcrypt in JavaScript blocks the event loop for some 60 ms per wrong password, and the package `bcrypt`
 * does not accept `$2y$`, which htpasswd writes.
 *
 * @throws MetricsError `missing_peer` where the package is not installed, or cannot compare a password.
 */
export async function loadBcrypt(): Promise<VerifyPassword> {
  try {
    const { verify } = exportsOf(await import('@node-rs/bcrypt'));
    await verify('any', `$2b$04$${'.'.repeat(53)}`);
    return (password, hash) => verify(password, hash);
  } catch (cause) {
    throw peerError('MetricsServer', bcrypt, cause);
  }
}

const bcrypt: PeerUse = {
  packages: ['@node-rs/bcrypt'],
  purpose: 'for basic authentication',
  install: '@node-rs/bcrypt',
};
