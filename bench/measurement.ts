/** Measures one figure of one client. Each is to run in a process of its own, with `--expose-gc`. */
export type Measurement = () => Promise<number>;

/** What is measured, for each client by its name. The first is ours, which the others are compared with. */
export interface Row {
  readonly unit: 'ns' | 'ms' | 'B';
  readonly clients: Readonly<Record<string, Measurement>>;
}

export const ours = 'flowplane-metrics';

/** The CPU time of this process since then, in milliseconds. */
export function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The least time of one call, in nanoseconds: the time of this many calls is measured again and again for a while. */
export async function leastTime(calls: number, run: () => unknown, milliseconds = 700): Promise<number> {
  let least = Infinity;
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    const start = process.hrtime.bigint();
    await run();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / calls);
  }
  return least;
}
