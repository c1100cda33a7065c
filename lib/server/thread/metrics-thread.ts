import { Worker } from 'node:worker_threads';
import { withTimeout } from '../../async/timeout.js';
import { formatThrown } from '../../error.js';
import type { ExportResult } from '../../otlp/export-run.js';
import type { ExposedFamily } from '../../store/exposed-family.js';
import { landingScript, landingStyle } from '../landing/landing-assets.js';
import type { ServerAddress } from '../listening-server.js';
import { type AnswerLimits, type Answers, Dialogue, QuestionStates } from './dialogue.js';
import type { MainFamilies } from './main-families.js';
import type { ThreadData } from './messages.js';
import { type PostedFamilies, readFamilies } from './posted-families.js';

/** What a thread is started with, apart from what every thread is. */
export interface ThreadSetup extends Omit<ThreadData, 'store' | 'observed' | 'questions' | 'landingAssets'> {
  /** Its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How large its heap may become. */
  readonly maxHeapMegabytes: number;
  /** Whether it keeps the process running. */
  readonly keepAlive: boolean;
}

/** A thread that has not ended by itself within this time is ended. */
const secondsToEnd = 1;

/** The thread has ended by itself, or could not be started. */
export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';
}

/** One metrics thread: from its start until it ends. */
export class MetricsThread {
  readonly #worker: Worker;
  readonly #dialogue: Dialogue;
  readonly #keepAlive: boolean;
  #refs = 0;
  /** Resolves when it has ended, with the reason. */
  readonly ended: Promise<ThreadEnded>;

  /**
   * @param answers what it may ask this thread for, beside the families.
   * @throws ThreadEnded where a thread cannot be started.
   */
  constructor(program: string, families: MainFamilies, answers: Answers, setup: ThreadSetup) {
    const { maxHeapMegabytes, keepAlive, env, ...data } = setup;
    const states = new QuestionStates();
    const workerData: ThreadData = {
      ...data,
      store: families.shared.data,
      observed: families.process && { delay: families.process.sharedDelay },
      questions: states.shared,
      landingAssets: { landingScript, landingStyle },
    };
    this.#keepAlive = keepAlive;
    this.#worker = startWorker(program, {
      workerData,
      env,
      transferList: [...families.shared.transferList],
      // Why so little for what is young: a scrape leaves little behind, and more would only be taken and not used.
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes, maxYoungGenerationSizeMb: 4 },
    });
    const all: Answers = { ...answers, families: (question: never) => families.answer(question) };
    this.#dialogue = new Dialogue(this.#worker as ConstructorParameters<typeof Dialogue>[0], all, states, true);
    this.ended = this.#waitForEnd();
    void this.ended.then((reason) => {
      this.#dialogue.close(reason);
      families.close();
    });
  }

  /** @throws MetricsError where it cannot listen, and ThreadEnded where it has ended before. */
  start(): Promise<ServerAddress> {
    return this.#askWhileAlive('start');
  }

  reload(): Promise<void> {
    return this.#askWhileAlive('reload');
  }

  /** Resolves when one more scrape has been answered in full. */
  drain(): Promise<void> {
    return this.#dialogue.ask('drain');
  }

  /** Lets its server stop listening, and answer what it has begun to. */
  stop(): Promise<void> {
    return this.#askWhileAlive('stop');
  }

  /**
   * Lets it send over OTLP for a last time.
   *
   * @throws NoAnswer where it does not within the limits, and ThreadEnded where it has ended.
   */
  sendLast(seconds: number, limits: AnswerLimits): Promise<ExportResult> {
    return this.#askWhileAlive('sendLast', seconds, limits);
  }

  /** The families of its server about its own work; none if it does not answer within a second. */
  async endpointFamilies(): Promise<readonly ExposedFamily[]> {
    const limits = { beginMs: 1000, answerMs: 1000 };
    const asked = this.#dialogue.ask<PostedFamilies>('endpointFamilies', undefined, limits);
    return asked.then(readFamilies, () => []);
  }

  /**
   * Lets it end by itself, and ends it where it does not within a second. Why not at once: Node may abort the whole process
   * where a thread is terminated in the moment in which it reads an answer.
   */
  async end(): Promise<void> {
    this.#worker.ref();
    this.#dialogue.tell('end', undefined);
    await withTimeout(this.ended, secondsToEnd, () => this.#worker.terminate());
    await this.ended;
  }

  /** Asks, and keeps the process running until the answer is there. */
  async #askWhileAlive<Result>(name: string, argument?: unknown, limits?: AnswerLimits): Promise<Result> {
    this.#refs++;
    this.#worker.ref();
    try {
      return await this.#dialogue.ask<Result>(name, argument, limits);
    } finally {
      this.#refs--;
      if (this.#refs === 0 && !this.#keepAlive) this.#worker.unref();
    }
  }

  #waitForEnd(): Promise<ThreadEnded> {
    return new Promise((resolve) => {
      let reason: string | undefined;
      this.#worker.once('error', (error) => {
        reason = formatThrown(error);
      });
      this.#worker.once('exit', (code) => resolve(new ThreadEnded(reason ?? `it has exited with the code ${code}`)));
    });
  }
}

type WorkerSettings = Pick<
  NonNullable<ConstructorParameters<typeof Worker>[1]>,
  'workerData' | 'transferList' | 'resourceLimits' | 'env'
>;

/** Starts a program that is a text. Why a text: a bundler would lose a file that is only named. */
function startWorker(program: string, settings: WorkerSettings): Worker {
  try {
    return new Worker(program, {
      ...settings,
      eval: true,
      name: 'flowplane-metrics',
      // Why none, and an environment without NODE_OPTIONS: what the process preloads, as tracing does, would start a second time.
      execArgv: [],
    });
  } catch (cause) {
    throw new ThreadEnded(formatThrown(cause), { cause });
  }
}
