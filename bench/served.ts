import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import autocannon, { type Result } from 'autocannon';

/*
 * What a metrics server stands, and what it costs the service beside it: `node dist/bench/served.js [seconds]`.
 * Real clients scrape 10,000 series; autocannon also asks the service's own API, which is in the same process.
 */
const seconds = Number(process.argv[2] ?? 60);
const slices = 5;

interface Service {
  readonly process: ChildProcess;
  readonly metricsUrl: string;
  readonly apiUrl: string;
}

async function start(): Promise<Service> {
  const script = fileURLToPath(new URL('served-service.js', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', script], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  return { process: child, ...JSON.parse(line) };
}

/** The memory of the service, in MiB, after a full collection. */
async function memory({ process: child }: Service): Promise<{ rss: number; heap: number; external: number }> {
  child.send('memory');
  const [answer] = await once(child, 'message');
  return answer;
}

const load = (url: string, perSecond: number, duration: number, headers = {}): Promise<Result> =>
  autocannon({ url, duration, connections: 10, overallRate: perSecond, headers, timeout: 10 });

/** p50, p99 and the longest time that an API takes, in milliseconds, as another process sees it. */
async function latencies(url: string, duration: number): Promise<number[]> {
  const script = fileURLToPath(new URL('latencies.js', import.meta.url));
  const child = spawn(process.execPath, [script, url, String(duration)], { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await text(child.stdout));
}

/** The median of each column. */
function medians(rows: readonly number[][]): string {
  const columns = rows[0]?.map((_, column) => rows.map((row) => row[column] as number).sort((a, b) => a - b)) ?? [];
  return columns.map((values) => values[values.length >> 1]).join(', ');
}

const lost = ({ errors, timeouts, non2xx }: Result): number => errors + timeouts + non2xx;

function printed(result: Result): string {
  const { requests, latency } = result;
  return `${requests.total} answered, ${lost(result)} lost; p50 ${latency.p50} ms, p99 ${latency.p99} ms, longest ${latency.max} ms`;
}

const service = await start();
try {
  console.log(`10,000 series, ${seconds} s each. Node ${process.version}.`);
  await load(service.metricsUrl, 50, 3);
  for (const encoding of ['identity', 'gzip']) {
    const before = await memory(service);
    const result = await load(service.metricsUrl, 200, seconds, { 'accept-encoding': encoding });
    const after = await memory(service);
    console.log(`200 scrapes/s, ${encoding}: ${printed(result)}`);
    console.log(
      `  MiB before and after: rss ${before.rss} ${after.rss}, heap ${before.heap} ${after.heap}, external ${before.external} ${after.external}`,
    );
  }
  await latencies(service.apiUrl, 3);
  // Why in turns, and the median of them: whatever else the machine does then weighs on both alike.
  const alone: number[][] = [];
  const beside: number[][] = [];
  for (let slice = 0; slice < slices; slice++) {
    alone.push(await latencies(service.apiUrl, seconds / slices));
    const scraping = load(service.metricsUrl, 20, seconds / slices, { 'accept-encoding': 'gzip' });
    beside.push(await latencies(service.apiUrl, seconds / slices));
    console.log(`20 scrapes/s beside the service's own API: ${printed(await scraping)}`);
  }
  console.log(`the API alone, p50, p99 and longest: ${medians(alone)} ms; beside the scrapes: ${medians(beside)} ms`);
} finally {
  service.process.kill('SIGTERM');
  await once(service.process, 'exit');
}
