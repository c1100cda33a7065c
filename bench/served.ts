import { once } from 'node:events';
import type { Result } from 'autocannon';
import { countLost, latencies, load, medians, type Service, startService, stopService } from './loaded-service.js';

/*
 * What a metrics server stands, and what it costs the service beside it: `node dist/bench/served.js [seconds]`.
 * Real clients scrape 10,000 series; autocannon also asks the service's own API, which is in the same process.
 */
const seconds = Number(process.argv[2] ?? 60);
const slices = 5;

/** The memory of the service, in MiB, after a full collection. */
async function memory({ process: child }: Service): Promise<{ rss: number; heap: number; external: number }> {
  child.send('memory');
  const [answer] = await once(child, 'message');
  return answer;
}

function printed(result: Result): string {
  const { requests, latency } = result;
  return `${requests.total} answered, ${countLost(result)} lost; p50 ${latency.p50} ms, p99 ${latency.p99} ms, longest ${latency.max} ms`;
}

const service = await startService();
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
  await stopService(service);
}
