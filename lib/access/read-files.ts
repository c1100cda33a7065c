import { readFile, stat } from 'node:fs/promises';
import { MetricsError } from '../error.js';

/** Files that were read, and whether any of them has changed since: also one that was not there. */
export class ReadFiles {
  readonly #states = new Map<string, string>();

  /**
   * The text of a file.
   *
   * @param option how the user calls it, for the error.
   * @throws MetricsError where it cannot be read.
   */
  async text(path: string, option: string): Promise<string> {
    // Why before it is read: what is written in between is a change.
    this.#states.set(path, await stateOf(path));
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      const { code = 'unknown error' } = cause as { code?: string };
      const message = `file "${path}" cannot be read (${code}). Correct "${option}", or the file's owner and mode.`;
      throw new MetricsError('MetricsServer', [{ code: 'unreadable_file', message }], { cause });
    }
  }

  /** Whether there is anything that could change. */
  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  async haveChanged(): Promise<boolean> {
    const changes = [...this.#states].map(async ([path, state]) => (await stateOf(path)) !== state);
    return (await Promise.all(changes)).includes(true);
  }
}

// Why asked for again and again rather than watched: a mounted secret is replaced by turning a link above it.
async function stateOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'absent';
  }
}
