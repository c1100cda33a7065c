import type { VerifyPassword } from './bcrypt.js';
import { keyedDigest } from './keyed-digest.js';

/** How a password was found; `busy` where so many others wait to be compared that this one is not. */
export type Finding = 'right' | 'wrong' | 'busy';

const mostWaiting = 20;
const mostRemembered = 1000;

/**
 * The users' passwords. A comparison is slow by design, so that there is one at a time, at most so many wait for it, and
 * its result is remembered: right ones and wrong ones apart, as a flood of wrong ones must not make a right one forgotten.
 */
export class Passwords {
  readonly #hashes: ReadonlyMap<string, string>;
  readonly #verify: VerifyPassword;
  readonly #digest = keyedDigest();
  readonly #right = new Set<string>();
  readonly #wrong = new Set<string>();
  readonly #comparing = new Map<string, Promise<boolean>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(hashes: ReadonlyMap<string, string>, verify: VerifyPassword) {
    this.#hashes = hashes;
    this.#verify = verify;
  }

  async find(user: string, password: string): Promise<Finding> {
    const credentials = this.#digest(user, password).toString('base64');
    if (this.#right.has(credentials)) return 'right';
    if (this.#wrong.has(credentials)) return 'wrong';
    const comparing = this.#comparing.get(credentials);
    if (comparing === undefined && this.#comparing.size > mostWaiting) return 'busy';
    return (await (comparing ?? this.#compare(credentials, user, password))) ? 'right' : 'wrong';
  }

  #compare(credentials: string, user: string, password: string): Promise<boolean> {
    const compared = this.#last.then(async () => {
      const isRight = await this.#isRight(user, password);
      remember(isRight ? this.#right : this.#wrong, credentials);
      return isRight;
    });
    const ended = (): void => {
      this.#comparing.delete(credentials);
    };
    this.#last = compared.then(ended, ended);
    this.#comparing.set(credentials, compared);
    return compared;
  }

  async #isRight(user: string, password: string): Promise<boolean> {
    const hash = this.#hashes.get(user);
    const matches = await this.#verify(password, hash ?? this.#somebodysHash(user));
    return hash !== undefined && matches;
  }

  // Why always the same one's for the same name: the time it takes must not tell that there is no such user.
  #somebodysHash(user: string): string {
    const hashes = [...this.#hashes.values()];
    return hashes[this.#digest(user).readUInt32BE() % hashes.length] as string;
  }
}

function remember(known: Set<string>, credentials: string): void {
  if (known.size >= mostRemembered) known.delete(known.values().next().value as string);
  known.add(credentials);
}
