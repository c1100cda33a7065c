import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';
import { refuseIfAny } from '../error.js';
import { warnOnce } from '../process-state.js';
import { ignoreErrors } from '../recorder/reports.js';
import type { Scrapable } from '../store/exposed-family.js';
import { checkPublishing, type PublishOptions } from './options.js';
import { Publisher } from './publisher.js';
import { connectToParent, connectToPrimary } from './transports/ipc.js';
import type { Uplink, UplinkEvents } from './transports/links.js';
import { relayThreads } from './transports/relay.js';
import { connectToSocket, type MayConnect } from './transports/socket.js';
import { socketPath } from './transports/socket-path.js';
import { connectToThreads } from './transports/threads.js';

/** What `publishMetrics` has started. */
export interface PublishedMetrics {
  /** Publishes what has changed now. Nothing happens where no aggregator has answered. */
  publish(): Promise<void>;
  /** Publishes what has changed, and publishes no more. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Publishes a recorder to the `MetricsAggregator` of the process that has started this process or thread, or of the machine:
 * twice a second, and when the process ends, what has changed since the last time.
 *
 * Nothing is published before the aggregator has answered, and nothing fails where there is none.
 *
 * @throws MetricsError naming every option that is wrong.
 * @example
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { publishMetrics } from 'flowplane-metrics/processes';
 *
 * const recorder = new PrometheusRecorder();
 * const { close } = publishMetrics(recorder);
 * await close();
 */
export function publishMetrics(recorder: Scrapable, options: PublishOptions = {}): PublishedMetrics {
  refuseIfAny('publishMetrics', checkPublishing(recorder, options));
  return startToPublish(recorder, options);
}

/**
 * The same, of options that were checked.
 *
 * @param mayConnect is asked before each connection to a socket but the first.
 */
export function startToPublish(
  recorder: Scrapable,
  options: PublishOptions,
  mayConnect?: MayConnect,
): StartedPublishing {
  // Why half a second: a process that is killed shall lose less than a second, on a busy machine too.
  const { intervalSeconds = 0.5, collectSeconds = 5, processMetrics = isMainThread } = options;
  const connect = chooseUplink(options, mayConnect);
  if (connect === undefined) return unconnected;
  const { onAdvice = ({ message }) => warnOnce(message) } = options;
  const onRefused = (reason: string): void =>
    ignoreErrors(() =>
      onAdvice({
        code: 'source',
        message: `publishMetrics: the aggregator does not take what this process publishes (given "${reason}"). The process that has the aggregator says why.`,
      }),
    );
  return new Publisher(recorder, { intervalSeconds, collectSeconds, processMetrics }, connect, onRefused);
}

type Connect = (events: UplinkEvents) => Uplink;

/** How this process or thread reaches an aggregator; `undefined` where nothing has started it that could have one. */
function chooseUplink(options: PublishOptions, mayConnect?: MayConnect): Connect | undefined {
  const path = socketPath(options);
  if (path !== undefined) {
    const connect = connectToSocket(path, mayConnect);
    return isMainThread ? (events) => relayThreads(events, connect) : connect;
  }
  // Why first: in a thread of a worker, the cluster says that it is the primary.
  if (!isMainThread) return connectToThreads;
  if (cluster.isWorker) return (events) => relayThreads(events, connectToPrimary);
  return process.send === undefined ? undefined : (events) => relayThreads(events, connectToParent);
}

/** What the process needs that may take the place of the aggregator. */
export interface StartedPublishing extends PublishedMetrics {
  /** Publishes no more, and leaves nothing: this process has the aggregator now. */
  discard(): void;
}

const unconnected: StartedPublishing = {
  publish: async () => undefined,
  close: async () => undefined,
  discard: () => undefined,
};
