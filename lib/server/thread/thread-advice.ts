import { formatThrown, type MetricsError } from '../../error.js';
import type { Advice } from '../../recorder/reports.js';
import type { ThreadEnded } from './metrics-thread.js';

const inProcess = (given: string, remedy: string): Advice => ({
  code: 'thread',
  message: `MetricsServer: the server runs in the process itself, and not in a thread (given ${given}). ${remedy}, or leave out "thread".`,
});

/**
 * What to do about what ends a thread, or keeps it from starting. Why the working directory: Node lets every thread ask for it
 * first, whatever the thread runs, so that none starts where it has been deleted.
 */
const remedies: readonly (readonly [given: RegExp, remedy: string])[] = [
  [/uv_cwd/, 'Start the process in a folder that stays, or let it change into one with process.chdir()'],
  [/memory/, 'Raise thread.maxHeapMegabytes, or let the service have fewer series'],
];

const remedyFor = (cause: unknown, otherwise: string): string =>
  remedies.find(([given]) => given.test(formatThrown(cause)))?.[1] ?? otherwise;

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
  const fault = 'Report this as a fault of flowplane-metrics, unless the program ends its threads itself';
  return {
    code: 'thread',
    message: `MetricsServer: the metrics thread has ended, and is started again (given "${formatThrown(reason)}"). ${remedyFor(reason, fault)}.`,
  };
}

/** That the metrics thread cannot be started again now. */
export const restartAdvice = (cause: unknown): Advice => ({
  code: 'thread',
  message: `MetricsServer: the metrics thread cannot be started again yet, so that nothing is served (given "${formatThrown(cause)}"). It is tried again every half minute at least. ${remedyFor(cause, 'Correct what is said there, or restart the process')}.`,
});
