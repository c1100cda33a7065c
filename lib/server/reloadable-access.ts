import { ReadFiles } from '../access/read-files.js';
import { MetricsError } from '../error.js';
import type { MetricsServerOptions } from './config/server-options.js';
import { type Access, loadAccess } from './load-access.js';

/** How often the files are looked at, in milliseconds. */
const interval = 1000;

/** The access of a running server: read again when a file changes, kept as it was where the new one is wrong. */
export class AccessInUse {
  readonly #options: MetricsServerOptions;
  #files: ReadFiles;
  #current: Access;
  #timer: NodeJS.Timeout | undefined;
  #reloading: Promise<void> | undefined;

  private constructor(options: MetricsServerOptions, current: Access, files: ReadFiles) {
    this.#options = options;
    this.#current = current;
    this.#files = files;
  }

  /** @throws MetricsError where what is configured is wrong. */
  static async load(options: MetricsServerOptions): Promise<AccessInUse> {
    const files = new ReadFiles();
    return new AccessInUse(options, await loadAccess(options, files), files);
  }

  get current(): Access {
    return this.#current;
  }

  /**
   * Looks after the files from now on.
   *
   * @param changed takes the new access into use; where it throws, the one before stays.
   * @param failed hears why a change is not used.
   */
  watch(changed: (access: Access) => Promise<void>, failed: (error: unknown) => void): void {
    if (this.#files.isEmpty) return;
    let isLooking = false;
    const look = async (): Promise<void> => {
      if (isLooking) return;
      isLooking = true;
      try {
        if (await this.#files.haveChanged()) await this.reload(changed);
      } catch (error) {
        failed(error);
      } finally {
        isLooking = false;
      }
    };
    this.#timer = setInterval(look, interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @throws MetricsError where what is configured now is wrong; the access before it stays. */
  reload(changed: (access: Access) => Promise<void>): Promise<void> {
    this.#reloading ??= this.#reload(changed).finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #reload(changed: (access: Access) => Promise<void>): Promise<void> {
    // Why taken over even if they are wrong: what was looked at once is told of once.
    this.#files = new ReadFiles();
    const access = await loadAccess(this.#options, this.#files);
    const before = this.#current;
    // Why: a file that is being written anew is empty for a moment, or ends early.
    const gone = locks(before).find((lock) => !locks(access).includes(lock));
    if (gone !== undefined) throw needsRestart(gone);
    // Why first: whoever comes over the new TLS must be asked for what the new access asks.
    this.#current = access;
    try {
      await changed(access);
    } catch (error) {
      this.#current = before;
      throw error;
    }
  }
}

/** What keeps out strangers and listeners. */
const locks = ({ tls, gate }: Access): readonly string[] => [
  ...(tls === undefined ? [] : ['tls_server_config']),
  ...gate.locks,
];

function needsRestart(section: string): MetricsError {
  const message = `section "${section}" cannot be taken away while the server runs (given a changed file). Restart the process.`;
  return new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}
