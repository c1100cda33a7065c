import { readFile, stat } from 'node:fs/promises';
import { MetricsError } from '../error.js';

/** The files that a configuration was read from. Knows whether one of them has changed, appeared or vanished since. */
export class WatchedFiles {
  readonly #states = new Map<string, string>();

  /** @param site the name of the function or class that was given the configuration, for errors. */
  constructor(readonly site = 'MetricsServer') {}

  /**
   * Reads a file, and watches it from then on.
   *
   * @param option the option that names the file, for the error.
   * @throws MetricsError `unreadable_file` where it cannot be read.
   */
  async read(path: string, option: string): Promise<string> {
    // Why: the state is taken before the file is read, so that a write in between counts as a change.
    this.#states.set(path, await readState(path));
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      const { code = 'unknown error' } = cause as { code?: string };
      const message = `file "${path}" cannot be read (${code}). Correct "${option}", or the file's owner and mode.`;
      throw new MetricsError(this.site, [{ code: 'unreadable_file', message }], { cause });
    }
  }

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  async haveChanged(): Promise<boolean> {
    const changes = [...this.#states].map(async ([path, state]) => (await readState(path)) !== state);
    return (await Promise.all(changes)).includes(true);
  }
}

// Why: the files are polled, because a mounted secret changes by a link above it, which a watcher of the file misses.
async function readState(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'absent';
  }
}
