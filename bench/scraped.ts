import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
import { MetricsServer } from 'flowplane-metrics/koa';

/** The longest gap and the 99.9th percentile of the event loop's delay, in milliseconds. */
export interface ScrapedFigure {
  readonly series: number;
  readonly scrapeSeconds: number;
  readonly without: readonly [longest: number, p999: number];
  readonly during: readonly [longest: number, p999: number];
}

const family = defineCounter({ name: 'requests_total', help: 'Requests', labels: { team: {}, route: {}, code: {} } });
const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 2_000_000, maxSamples: 2_000_000 });
const counter = recorder.counter(family);
const side = 316;
for (let team = 0; team < side; team++) {
  for (let route = 0; route < side; route++) {
    for (let code = 0; code < 10; code++) counter.inc({ team: `team-${team}`, route: `/route-${route}`, code });
  }
}

// The service goes on meanwhile: so many increments each millisecond.
const labels = Array.from({ length: 1000 }, (_, i) => ({ team: `team-${i % side}`, route: '/route-1', code: i % 10 }));
const service = setInterval(() => {
  for (const one of labels) counter.inc(one);
}, 1);

async function delayWhile(run: () => Promise<unknown>): Promise<[longest: number, p999: number]> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await run();
  delay.disable();
  return [delay.max / 1e6, delay.percentile(99.9) / 1e6];
}

const server = new MetricsServer(recorder, { port: 0 });
const { url } = await server.listen();
// Why another process: the scraper's own work would delay this loop.
const scrape = async (): Promise<void> => {
  const program = `fetch(${JSON.stringify(url)}).then((r) => r.arrayBuffer())`;
  await once(spawn(process.execPath, ['-e', program], { stdio: 'inherit' }), 'exit');
};
await scrape();
await wait(1000);
const began = performance.now();
await scrape();
const scrapeSeconds = (performance.now() - began) / 1000;
const without = await delayWhile(() => wait(scrapeSeconds * 1000));
const during = await delayWhile(scrape);
clearInterval(service);
await server.close();
const figure: ScrapedFigure = { series: side * side * 10, scrapeSeconds, without, during };
console.log(JSON.stringify(figure));
