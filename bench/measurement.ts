import { readFileSync } from 'node:fs';

/** Measures one figure of one client. Each is to run in a process of its own, with `--expose-gc`. */
export type Measurement = () => Promise<number>;

/** What is measured, for each client by its name. The first is ours, which the others are compared with. */
export interface Row {
  readonly unit: 'ns' | 'ms' | 'B';
  readonly clients: Readonly<Record<string, Measurement>>;
  /** How often ours may be what these clients have, at most. */
  readonly goals?: Readonly<Record<string, number>>;
  /** What ours may be beyond the bare case, at most: in the unit of the row. */
  readonly most?: number;
}

export const ours = 'flowplane-metrics';

/** The CPU time of this process since then, in milliseconds. */
export function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The CPU time of the main thread, in milliseconds; of the whole process where the system does not tell it. */
export function mainThreadTime(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return cpuSince({ user: 0, system: 0 });
  }
}

/** The least time of one call, in nanoseconds: the time of this many calls is measured again and again for this CPU time. A busy machine must not shorten the warm-up. */
export async function leastTime(calls: number, run: () => unknown, milliseconds = 300): Promise<number> {
  let least = Infinity;
  for (const begun = process.cpuUsage(); cpuSince(begun) < milliseconds; ) {
    const start = process.hrtime.bigint();
    await run();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / calls);
  }
  return least;
}
