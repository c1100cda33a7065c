import { formatThrown, type MetricsError } from '../../error.js';
import type { Advice } from '../../recorder/reports.js';
import type { ThreadEnded } from './metrics-thread.js';

const inProcess = (given: string, remedy: string): Advice => ({
  code: 'thread',
  message: `MetricsServer: the server runs in the process itself, and not in a thread (given ${given}). ${remedy}, or leave out "thread".`,
});

/**
 * What lets a thread start. Why the working directory: Node lets every thread ask for it first, whatever the thread runs, so
 * that none starts where it has been deleted.
 */
const remedyFor = (cause: unknown, otherwise: string): string =>
  /uv_cwd/.test(formatThrown(cause))
    ? 'Start the process in a folder that stays, or let it change into one with process.chdir()'
    : otherwise;

/** Why a server that was to run in a thread runs in the process itself. */
export const inProcessAdvice = {
  sharedPort: inProcess(
    'a worker of a cluster, whose port a thread cannot share',
    'Set cluster: true in the primary and in all workers, so that the primary serves',
  ),
  noThread: (cause: ThreadEnded): Advice =>
    inProcess(`"${formatThrown(cause)}"`, remedyFor(cause, 'Let Node start threads, by --allow-worker for example')),
  noPackage: (cause: MetricsError): Advice =>
    inProcess(`"${formatThrown(cause)}", which the process itself has loaded`, 'Leave that package out of the bundle'),
} as const;

/** That the metrics thread has ended by itself. */
export function endedAdvice(reason: ThreadEnded): Advice {
  const isOutOfMemory = /memory/.test(reason.message);
  const remedy = isOutOfMemory
    ? 'Raise thread.maxHeapMegabytes, or let the service have fewer series'
    : 'Report this as a fault of flowplane-metrics, unless the program ends its threads itself';
  return {
    code: 'thread',
    message: `MetricsServer: the metrics thread has ended, and is started again (given "${formatThrown(reason)}"). ${remedy}.`,
  };
}

/** That the metrics thread cannot be started again now. */
export const restartAdvice = (cause: unknown): Advice => ({
  code: 'thread',
  message: `MetricsServer: the metrics thread cannot be started again yet, so that nothing is served (given "${formatThrown(cause)}"). It is tried again every half minute at least. ${remedyFor(cause, 'Correct what is said there, or restart the process')}.`,
});
