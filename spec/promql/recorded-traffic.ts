import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrometheusRecorder } from 'flowplane-metrics';
import { type RecordedSeries, recordSeries } from 'flowplane-metrics/testing';
import { PrometheusServer } from '../prometheus-server.js';
import { depth, failures, latency, limit, orders } from './families.js';

const every = 10;
const steps = 120;

/** The seconds from the first sample to the last one. */
export const duration = every * steps;

/**
 * Twenty minutes of traffic, the same in each ten seconds: of team a ten orders, of which one fails and two are paid, and ten
 * durations; of team b five orders, of which one fails. Team c has three orders in minute 17. The queue of team a gets longer by
 * one job, that of team b has seven.
 */
async function recordTraffic(): Promise<RecordedSeries> {
  const recorder = new PrometheusRecorder({ processMetrics: false });
  const [ordered, failed] = [recorder.counter(orders), recorder.counter(failures)];
  const [waiting, allowed, taken] = [recorder.gauge(depth), recorder.gauge(limit), recorder.histogram(latency)];
  const pass = (step: number): void => {
    ordered.inc({ team: 'a', kind: 'new' }, 8);
    ordered.inc({ team: 'a', kind: 'paid' }, 2);
    ordered.inc({ team: 'b', kind: 'new' }, 5);
    if (step === 100) ordered.inc({ team: 'c', kind: 'new' }, 3);
    for (const team of ['a', 'b']) failed.inc({ team });
    waiting.set({ team: 'a', queue: 'mail' }, step);
    waiting.set({ team: 'b', queue: 'push' }, 7);
    allowed.set({ team: 'a' }, 200);
    allowed.set({ team: 'b' }, 5);
    for (const seconds of [...Array<number>(6).fill(0.1), 0.5, 0.5, 0.5, 2]) taken.observe({ team: 'a' }, seconds);
  };
  pass(0);
  const series = await recordSeries(recorder, `${every}s`);
  for (let step = 1; step <= steps; step++) {
    pass(step);
    await series.pass(`${every}s`);
  }
  return series;
}

/** The samples in OpenMetrics, the first of which is of this time in seconds. */
function formatSamples(series: RecordedSeries, start: number): string {
  const lines = series.toInput().flatMap(({ series: written, values }) => {
    // Why without blanks: OpenMetrics has none between labels.
    const name = written.replaceAll('", ', '",');
    return values
      .split(' ')
      .flatMap((value, i) => (/^[\d.]+$/.test(value) ? `${name} ${value} ${start + i * every}` : []));
  });
  return `${lines.join('\n')}\n# EOF\n`;
}

/** Starts a Prometheus that has that traffic; `end` is the time of the last sample, in seconds. */
export async function startWithTraffic(command: string): Promise<{ prometheus: PrometheusServer; end: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'traffic-'));
  // Why in the past: Prometheus takes samples of files in blocks of two hours.
  const start = (Math.floor(Date.now() / 7_200_000) - 2) * 7200;
  writeFileSync(join(folder, 'samples.txt'), formatSamples(await recordTraffic(), start));
  mkdirSync(join(folder, 'data'));
  const files = [join(folder, 'samples.txt'), join(folder, 'data')];
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', ...files], { stdio: 'pipe' });
  const prometheus = await PrometheusServer.startIn(folder, 'scrape_configs: []\n', command);
  return { prometheus, end: start + duration };
}
