import cluster from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import type { NameValidation } from '../families/naming.js';
import type { FamilyFacts } from '../page/facts.js';
import { MetricsAggregator } from '../processes/aggregator.js';
import { type StartedPublishing, startToPublish } from '../processes/publish-metrics.js';
import { socketPath } from '../processes/transports/socket-path.js';
import type {
  ConstantLabels,
  ExposedFamily,
  ExpositionFormat,
  Scrapable,
  ScrapeLimits,
} from '../store/exposed-family.js';
import type { MetricsServerOptions } from './config/options.js';
import { describeDeclarations, describeFamilies } from './landing/describe-families.js';

/** How long the publishers of another process may take to find this one, in milliseconds. */
const settlingMs = 1500;

/**
 * One of several processes that serve their metrics together: either it serves those of all, or it publishes its own to the
 * one that does. Which one, follows from what has started it: the primary of a cluster serves, its workers and threads
 * publish. At a socket, the process that was there first serves; another one takes its place when it has gone.
 */
export class ClusterMember implements Scrapable {
  readonly formats: readonly ExpositionFormat[] | undefined;
  readonly #recorder: Scrapable;
  readonly #options: MetricsServerOptions;
  #aggregator: MetricsAggregator | undefined;
  #published: StartedPublishing | undefined;
  #isLeaving = false;

  constructor(recorder: Scrapable, options: MetricsServerOptions) {
    this.#recorder = recorder;
    this.#options = options;
    this.formats = recorder.formats;
  }

  get nameValidation(): NameValidation | undefined {
    return (this.#aggregator ?? this.#recorder).nameValidation;
  }

  constantLabels(): ConstantLabels {
    return this.#recorder.constantLabels?.() ?? [];
  }

  /** The metrics of all processes while this one serves; otherwise its own. */
  exposedFamilies(limits?: ScrapeLimits): Promise<readonly ExposedFamily[]> {
    return (this.#aggregator ?? this.#recorder).exposedFamilies(limits);
  }

  /** What is known here of the families. Why less while this one serves others too: they have counted what it has not. */
  describeFamilies(): Promise<readonly FamilyFacts[]> {
    return this.#aggregator === undefined ? describeFamilies(this.#recorder) : describeDeclarations(this.#recorder);
  }

  /**
   * Finds out whether this process serves. If it does not, it publishes.
   *
   * @param takeOver is called later where this process has to serve in the place of one that has gone.
   * @throws MetricsError where the path of the socket cannot be used, or others could use it.
   */
  async join(takeOver: () => Promise<unknown>): Promise<boolean> {
    this.#isLeaving = false;
    const hasSocket = socketPath({}) !== undefined;
    if (!hasSocket && (!isMainThread || cluster.isWorker)) {
      this.#publish();
      return false;
    }
    if (await this.#tryToServe()) {
      await this.#settle();
      return true;
    }
    this.#publish(() => this.#mayPublish(takeOver));
    return false;
  }

  /** Publishes for the last time, or aggregates no more. */
  async release(): Promise<void> {
    this.#isLeaving = true;
    await this.#published?.close();
    await this.#aggregator?.close();
    this.#published = undefined;
    this.#aggregator = undefined;
  }

  #publish(mayConnect?: () => Promise<boolean>): void {
    const { processMetrics, onAdvice } = this.#options;
    this.#published = startToPublish(this.#recorder, { processMetrics, onAdvice }, mayConnect);
  }

  async #tryToServe(): Promise<boolean> {
    const { processMetrics, onAdvice } = this.#options;
    const aggregator = new MetricsAggregator({ recorder: this.#recorder, processMetrics, onAdvice });
    const isServing = await aggregator.listen().catch(async (error) => {
      await aggregator.close();
      throw error;
    });
    if (!isServing) await aggregator.close();
    else this.#aggregator = aggregator;
    return isServing;
  }

  /**
   * The process that serves cannot be reached any more: takes its place, unless another one was faster. Returns whether this
   * one goes on publishing.
   */
  async #mayPublish(takeOver: () => Promise<unknown>): Promise<boolean> {
    if (this.#isLeaving) return false;
    const isServing = await this.#tryToServe().catch(() => false);
    if (!isServing) return true;
    // Why at once: what it has counted is the aggregator's now, and must not be left to the next one twice.
    this.#published?.discard();
    this.#published = undefined;
    void this.#takeOver(takeOver);
    return false;
  }

  async #takeOver(takeOver: () => Promise<unknown>): Promise<void> {
    await this.#settle();
    while (!this.#isLeaving) {
      try {
        await takeOver();
        return;
      } catch {
        // Why again: the port may be free later, and the service must not notice.
        await wait(settlingMs, undefined, { ref: false });
      }
    }
  }

  /** Why: without those that published to the one before, each sum would be too small in the first answers. */
  async #settle(): Promise<void> {
    if (this.#aggregator?.hasInherited) await wait(settlingMs, undefined, { ref: false });
  }
}
