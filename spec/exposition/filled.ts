import { text } from 'node:stream/consumers';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder, scrape } from '../../lib/index.js';

/** The media type that asks for OpenMetrics. */
export const openMetrics = 'application/openmetrics-text';

/** A recorder with a family of each kind, and with text that must be escaped. */
function filled(): PrometheusRecorder {
  const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
  const hostile = 'back\\slash "quoted"\nnew line, ünïcode 😀';
  recorder
    .counter(defineCounter({ name: 'jobs_total', help: 'Jobs "done"\nand \\ gone', labels: { team: {} } }))
    .inc({ team: hostile }, 2);
  recorder.counter(defineCounter({ name: 'jobs_done', help: 'Without the suffix' })).inc();
  recorder.gauge(defineGauge({ name: 'xds_team_resources_total', help: 'Resources' })).set({}, 1.5);
  recorder.gauge(defineGauge({ name: 'memory_bytes', help: 'Memory', unit: 'bytes' })).set({}, Number.NaN);
  recorder
    .histogram(
      defineHistogram({ name: 'duration_seconds', help: 'Duration', unit: 'seconds', buckets: [0.005, 1, 1e6] }),
    )
    .observe({}, 0.5);
  return recorder;
}

/** What a scrape of such a recorder shows, without the recorder's own metrics. */
export async function exposition(accept: string): Promise<string> {
  const { body } = await scrape(filled(), { method: 'GET', accept });
  return (await text(body)).replace(/(?:# \w+ |)flowplane_metrics_.*\n/g, '');
}
