import { withTimeout } from '../../async/timeout.js';
import { MetricsError } from '../../error.js';
import type { OtlpExporter } from '../../otlp/otlp-exporter.js';
import { loadProcessMetrics } from '../../prometheus/prom-client/process-metrics.js';
import type { Advice } from '../../recorder/reports.js';
import { cellStoreOf } from '../../store/cell-access.js';
import type { ExposedFamily, Scrapable } from '../../store/exposed-family.js';
import { mergeFamilies } from '../../store/merge-families.js';
import { limitsOf, type MetricsServerOptions, serverAddress } from '../config/options.js';
import { drainSeconds } from '../drain.js';
import { describeFamilies } from '../landing/describe-families.js';
import type { ServerAddress } from '../listening-server.js';
import { createExporter } from '../otlp-export.js';
import { exposedMetrics } from '../routes.js';
import type { ServerRun } from '../running-server.js';
import { advise } from '../server-advice.js';
import { isClusterWorker } from '../shared-port.js';
import type { Answers } from './dialogue.js';
import { MainFamilies } from './main-families.js';
import { type MainProcess, observeMainThread } from './main-process.js';
import type { Framework } from './messages.js';
import { MetricsThread, ThreadEnded } from './metrics-thread.js';
import { filesIn, readSurroundings } from './surroundings.js';
import { endedAdvice, inProcessAdvice, restartAdvice } from './thread-advice.js';
import { ThreadExports } from './thread-exports.js';
import { maxHeapMegabytes, threadOptions } from './thread-options.js';

/** A run of a server that has started, and where it listens. */
export interface StartedRun {
  readonly run: ServerRun;
  readonly address: ServerAddress;
}

/**
 * Starts a server in a thread. Where that is not possible, but may be in the process itself, it gives the advice that says so.
 *
 * @throws MetricsError where a file is wrong, or the port is taken.
 */
export async function startInThread(
  scrapable: Scrapable,
  options: MetricsServerOptions,
  framework: Framework,
): Promise<StartedRun | { readonly run?: undefined; readonly advice: Advice }> {
  // Why not of any free port: that is the thread's own.
  const sharesPort = isClusterWorker() && options.cluster !== true && serverAddress(options).port !== 0;
  if (sharesPort) return { advice: inProcessAdvice.sharedPort };
  const run = new ThreadedServer(scrapable, options, framework);
  try {
    return { run, address: await run.start() };
  } catch (cause) {
    if (cause instanceof ThreadEnded) return { advice: inProcessAdvice.noThread(cause) };
    if (cause instanceof MetricsError && cause.code === 'missing_peer')
      return { advice: inProcessAdvice.noPackage(cause) };
    throw cause;
  }
}

/** After a thread has lived for so long, the next end of one is not taken for the same trouble. */
const troubleMs = 60_000;
const firstPauseMs = 100;
const maxPauseMs = 30_000;

/** A run in a thread of its own, which is started again where it ends by itself. */
class ThreadedServer implements ServerRun {
  readonly #scrapable: Scrapable;
  readonly #options: MetricsServerOptions;
  readonly #framework: Framework;
  readonly #draining = new SharedArrayBuffer(4);
  /** Why kept: what the program does to its options and to its environment later must not change a thread that is started again. */
  readonly #surroundings = readSurroundings();
  #protections: readonly string[] = [];
  readonly #adviceGiven = new Set<string>();
  /** What is observed of this thread. Why for all threads of the server: what it counts must not fall with one of them. */
  #process: MainProcess | undefined;
  #exporter: OtlpExporter | undefined;
  /** Absent where the main thread exports, or nothing does. */
  #exports: ThreadExports | undefined;
  #thread: MetricsThread | undefined;
  #restarts = 0;
  #pauseMs = firstPauseMs;
  #restarting: Promise<void> | undefined;
  #endPause = (): void => undefined;
  #isStopping = false;
  #onDrained: (() => void) | undefined;

  constructor(scrapable: Scrapable, options: MetricsServerOptions, framework: Framework) {
    this.#scrapable = scrapable;
    this.#options = options;
    this.#framework = framework;
  }

  async start(): Promise<ServerAddress> {
    if (this.#hasProcessMetrics) this.#process = observeMainThread();
    try {
      return await this.#start();
    } catch (cause) {
      this.#process?.close();
      throw cause;
    }
  }

  get #hasProcessMetrics(): boolean {
    return this.#options.processMetrics !== false || cellStoreOf(this.#scrapable)?.hasProcessMetrics === true;
  }

  async #start(): Promise<ServerAddress> {
    const options = this.#options;
    const metrics = {
      mergeWith: (scrapable: Scrapable) => mergeFamilies(scrapable, () => this.#endpointFamilies()),
    };
    const exposed = exposedMetrics({ recorder: this.#scrapable, options, metrics });
    // Why not at once: where no thread can start, the server in the process gives this advice.
    let early: Advice[] | undefined = [];
    const onAdvice = (one: Advice): unknown => early?.push(one) ?? advise(options, one);
    this.#exporter = createExporter(exposed, options, onAdvice);
    const data = this.#exporter?.forThread;
    if (this.#exporter !== undefined && data !== undefined)
      this.#exports = new ThreadExports(this.#exporter, data, () => this.#thread);
    const plain = threadOptions(options);
    const address = await this.#launch(plain);
    for (const one of early) advise(options, one);
    early = undefined;
    const other = this.#exports;
    this.#exporter?.startWith({ leavesSignals: drainSeconds(options) !== undefined, ...(other && { other }) });
    // Why the same address: it is known by now, and must go on to answer.
    this.#watch({ ...plain, ...filesIn(plain, this.#surroundings), host: address.host, port: address.port });
    return address;
  }

  async reload(): Promise<void> {
    try {
      await this.#thread?.reload();
    } catch (cause) {
      // Why not where it has ended: the next one reads everything again.
      if (!(cause instanceof ThreadEnded)) throw cause;
    }
  }

  drain(): Promise<void> {
    Atomics.store(new Int32Array(this.#draining), 0, 1);
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#drainThread();
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#endPause();
    await this.#restarting;
    const thread = this.#thread;
    const { closeTimeoutSeconds } = limitsOf(this.#options);
    // Why longer: the thread itself waits for so long, and may be busy then.
    const stopped = thread?.stop().catch(() => undefined);
    if (stopped !== undefined) await withTimeout(stopped, closeTimeoutSeconds + 5, () => undefined);
    // Why before the thread ends: what it has counted is sent too.
    await this.#exporter?.shutdown();
    await thread?.end();
    this.#process?.close();
  }

  async #launch(options: MetricsServerOptions): Promise<ServerAddress> {
    const { programText } = await import('./program-text.js');
    if (programText === '') throw new ThreadEnded('its program is not there');
    const exporter = this.#exports === undefined ? this.#exporter : undefined;
    const families = new MainFamilies(this.#scrapable, exporter, this.#process);
    const thread = this.#create(programText, families, options);
    try {
      const address = await thread.start();
      this.#thread = thread;
      this.#drainThread();
      return address;
    } catch (cause) {
      await thread.end();
      throw cause;
    }
  }

  #create(program: string, families: MainFamilies, options: MetricsServerOptions): MetricsThread {
    try {
      return new MetricsThread(program, families, this.#answers(), {
        framework: this.#framework,
        options,
        env: this.#surroundings.env,
        packagesFrom: this.#surroundings.packagesFrom,
        draining: this.#draining,
        required: this.#protections,
        exports: this.#exports?.data,
        restarts: this.#restarts,
        maxHeapMegabytes: maxHeapMegabytes(this.#options),
        keepAlive: this.#options.keepAlive === true,
      });
    } catch (cause) {
      families.close();
      throw cause;
    }
  }

  #answers(): Answers {
    return {
      describeFamilies: () => describeFamilies(this.#scrapable),
      loadProcessMetrics,
      advise: (advice: Advice) => this.#advise(advice),
      adviseOnExport: (advice: Advice) => this.#exports?.advise(advice, this.#restarts),
      protected: (protections: readonly string[]) => {
        this.#protections = protections;
      },
    };
  }

  /** Passes advice on. Why not what an earlier thread has advised: it is no news. */
  #advise(advice: Advice): void {
    const isRepeated = this.#restarting !== undefined && this.#adviceGiven.has(advice.message);
    this.#adviceGiven.add(advice.message);
    if (!isRepeated) advise(this.#options, advice);
  }

  /** What the thread knows of its server. Why nothing where it is silent: the last export would wait for it in vain. */
  async #endpointFamilies(): Promise<readonly ExposedFamily[]> {
    return this.#exports?.isSilent ? [] : ((await this.#thread?.endpointFamilies()) ?? []);
  }

  #drainThread(): void {
    const onDrained = this.#onDrained;
    // Why ignored: the next thread is asked again.
    if (onDrained !== undefined) this.#thread?.drain().then(onDrained, () => undefined);
  }

  /** Starts the thread again when it ends. */
  #watch(options: MetricsServerOptions): void {
    const startedAt = performance.now();
    void this.#thread?.ended.then((reason) => {
      if (this.#isStopping) return;
      if (performance.now() - startedAt > troubleMs) this.#pauseMs = firstPauseMs;
      if (!this.#adviceGiven.has(endedAdvice(reason).message)) this.#advise(endedAdvice(reason));
      this.#restarting = this.#restart(options).then(() => {
        this.#restarting = undefined;
      });
    });
  }

  async #restart(options: MetricsServerOptions): Promise<void> {
    this.#thread = undefined;
    while (!this.#isStopping) {
      await this.#pause();
      if (this.#isStopping) return;
      this.#restarts++;
      try {
        await this.#launch(options);
        this.#watch(options);
        return;
      } catch (cause) {
        // Why again: what keeps it from starting may be over later, and the service must not notice.
        const advice = restartAdvice(cause);
        if (!this.#adviceGiven.has(advice.message)) this.#advise(advice);
      }
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#pauseMs);
      if (this.#options.keepAlive !== true) timer.unref();
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#pauseMs = Math.min(this.#pauseMs * 2, maxPauseMs);
  }
}
