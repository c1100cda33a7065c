import { singleFlight } from '../async/single-flight.js';
import { MetricsError } from '../error.js';
import { WatchedFiles } from './watched-files.js';

/** How often the files are checked, in milliseconds. */
export const pollMs = 1000;

/** Access rules that can be replaced at run time. */
export interface Reloadable {
  /** The configured protections, each by the name of its option or of its `web-config.yml` section. */
  readonly protections: readonly string[];
}

/** Where access rules come from, and who uses them. */
export interface AccessSource<Access extends Reloadable> {
  /** The name of the function or class that was given the configuration, for errors. */
  readonly site: string;
  /** The protections that must be there from the start, because those who use them had them before. Absent: none. */
  readonly required?: readonly string[];
  /** Reads the rules and their files. Throws where something in them is wrong. */
  load(files: WatchedFiles): Promise<Access>;
  /** Starts to use changed rules. Where it throws, the previous rules stay active. */
  activate(access: Access): Promise<void>;
  /** Is called with the reason where a changed file is ignored. */
  reject(error: unknown): void;
}

/**
 * Access rules that are read again when one of their files changes.
 *
 * A changed file that is invalid, or would remove TLS, authentication or certificate checks, is ignored with a warning; the
 * previous configuration stays active.
 */
export class ReloadableAccess<Access extends Reloadable> {
  readonly #source: AccessSource<Access>;
  #files: WatchedFiles;
  #current: Access;
  #timer: NodeJS.Timeout | undefined;

  private constructor(source: AccessSource<Access>, current: Access, files: WatchedFiles) {
    this.#source = source;
    this.#current = current;
    this.#files = files;
  }

  /** @throws MetricsError where something in the configuration is wrong, or a required protection is missing. */
  static async load<Access extends Reloadable>(source: AccessSource<Access>): Promise<ReloadableAccess<Access>> {
    const files = new WatchedFiles(source.site);
    const access = await source.load(files);
    refuseRemoval(source.site, source.required ?? [], access);
    return new ReloadableAccess(source, access, files);
  }

  get current(): Access {
    return this.#current;
  }

  /** Checks the files at an interval from now on. */
  watch(): void {
    if (this.#files.isEmpty) return;
    this.#timer = setInterval(this.reloadIfChanged, pollMs).unref();
  }

  stopWatching(): void {
    clearInterval(this.#timer);
  }

  /**
   * Reads everything again.
   *
   * @throws MetricsError where it is wrong or removes a protection; the previous rules stay active.
   */
  readonly reload = singleFlight(() => this.#reload());

  /** Reads everything again where a file has changed. Never rejects: where a file is wrong, the previous rules stay active. */
  readonly reloadIfChanged = singleFlight(async () => {
    try {
      if (await this.#files.haveChanged()) await this.reload();
    } catch (error) {
      this.#source.reject(error);
    }
  });

  async #reload(): Promise<void> {
    // Why: the new state of the files is kept even where they are wrong, so that each change is reported once.
    this.#files = new WatchedFiles(this.#source.site);
    const access = await this.#source.load(this.#files);
    const previous = this.#current;
    refuseRemoval(this.#source.site, previous.protections, access);
    // Why before it is activated: a client that connects with the new certificate must already face the new rules.
    this.#current = access;
    try {
      await this.#source.activate(access);
    } catch (error) {
      this.#current = previous;
      throw error;
    }
  }
}

/** Why: a file that is being rewritten is empty or cut off for a moment, which must not open the server. */
function refuseRemoval(site: string, required: readonly string[], { protections }: Reloadable): void {
  const removed = required.find((protection) => !protections.includes(protection));
  if (removed === undefined) return;
  const message = `section "${removed}" cannot be removed while the server runs (given a changed file). Restart the process.`;
  throw new MetricsError(site, [{ code: 'illegal_option', message }]);
}
