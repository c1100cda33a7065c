import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import autocannon, { type Result } from 'autocannon';

/** A service in a process of its own, with 10,000 series and an API. */
export interface Service {
  readonly process: ChildProcess;
  readonly metricsUrl: string;
  readonly apiUrl: string;
}

/** @param flags `--thread` for a metrics server in a thread. */
export async function startService(...flags: readonly string[]): Promise<Service> {
  const script = fileURLToPath(new URL('served-service.js', import.meta.url));
  const given = ['--expose-gc', script, ...flags];
  const child = spawn(process.execPath, given, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  return { process: child, ...JSON.parse(line) };
}

export async function stopService({ process: child }: Service): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

export const load = (url: string, perSecond: number, duration: number, headers = {}): Promise<Result> =>
  autocannon({ url, duration, connections: 10, overallRate: perSecond, headers, timeout: 10 });

/** p50, p99 and the longest time that an API takes, in milliseconds, as another process sees it. */
export async function latencies(url: string, duration: number): Promise<number[]> {
  const script = fileURLToPath(new URL('latencies.js', import.meta.url));
  const child = spawn(process.execPath, [script, url, String(duration)], { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await text(child.stdout));
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** The median of each column. */
export function medians(rows: readonly (readonly number[])[]): string {
  const columns = rows[0]?.map((_, column) => median(rows.map((row) => row[column] as number))) ?? [];
  return columns.join(', ');
}

export const countLost = ({ errors, timeouts, non2xx }: Result): number => errors + timeouts + non2xx;
