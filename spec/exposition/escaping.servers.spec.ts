import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { defineCounter, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { scrapeConfig, Target } from './target.js';

function filled(): PrometheusRecorder {
  const recorder = new PrometheusRecorder({
    nameValidation: 'utf8',
    constantLabels: { 'service.name': 'shop' },
    onAdvice: () => undefined,
  });
  const labels = { 'http.route': {} };
  recorder
    .counter(defineCounter({ name: 'http "all".requests_total', help: 'R', labels }))
    .inc({ 'http.route': '/x' }, 3);
  recorder
    .histogram(defineHistogram({ name: '待ち.seconds', help: 'W', labels, buckets: [1] }))
    .observe({ 'http.route': '/x' }, 2);
  return recorder;
}

/** The selectors of the three series that say most, by escaping scheme. */
const expected: Readonly<Record<string, readonly string[]>> = {
  'allow-utf-8': [
    '{"http \\"all\\".requests_total", "service.name"="shop", "http.route"="/x"}',
    '{"待ち.seconds_bucket", le="1.0", "service.name"="shop", "http.route"="/x"}',
    '{"待ち.seconds_count", "service.name"="shop", "http.route"="/x"}',
  ],
  underscores: [
    'http__all__requests_total{service_name="shop", http_route="/x"}',
    '___seconds_bucket{le="1.0", service_name="shop", http_route="/x"}',
    '___seconds_count{service_name="shop", http_route="/x"}',
  ],
  dots: [
    'http____all___dot_requests__total{service_dot_name="shop", http_dot_route="/x"}',
    '_____dot_seconds_bucket{le="1.0", service_dot_name="shop", http_dot_route="/x"}',
    '_____dot_seconds_count{service_dot_name="shop", http_dot_route="/x"}',
  ],
  values: [
    'U__http_20__22_all_22__2e_requests__total{U__service_2e_name="shop", U__http_2e_route="/x"}',
    'U___5f85__3061__2e_seconds_bucket{le="1.0", U__service_2e_name="shop", U__http_2e_route="/x"}',
    'U___5f85__3061__2e_seconds_count{U__service_2e_name="shop", U__http_2e_route="/x"}',
  ],
};

/** How Prometheus is set up, and by which scheme it has the names then. */
const jobs: readonly (readonly [job: string, settings: string, scheme: string])[] = [
  ['by default', '', 'allow-utf-8'],
  ['in text 1.0.0', 'scrape_protocols: [PrometheusText1.0.0], ', 'allow-utf-8'],
  ['in text 0.0.4', 'scrape_protocols: [PrometheusText0.0.4], ', 'underscores'],
  ['in OpenMetrics 0.0.1', 'scrape_protocols: [OpenMetricsText0.0.1], ', 'underscores'],
  // Version 3.5 does not say in this format that it reads UTF-8 names.
  ['in Protocol Buffers', 'scrape_protocols: [PrometheusProto], ', 'underscores'],
  ['by underscores', 'metric_name_escaping_scheme: underscores, ', 'underscores'],
  ['by dots', 'metric_name_escaping_scheme: dots, ', 'dots'],
  ['by values', 'metric_name_escaping_scheme: values, ', 'values'],
  [
    'with legacy names only',
    'metric_name_validation_scheme: legacy, metric_name_escaping_scheme: underscores, ',
    'underscores',
  ],
];

describe('Names that are not legal everywhere, in a real Prometheus 3.5', () => {
  const targets = jobs.map(() => new Target(filled()));
  let prometheus: PrometheusServer;

  before(async function () {
    needs(this, 'prometheus-3');
    const configs = await Promise.all(
      jobs.map(([job, settings], i) => scrapeConfig({ [job]: targets[i] as Target }, settings)),
    );
    const all = configs.map((config) => /\[(\{.*\})\]/.exec(config)?.[1]);
    prometheus = await PrometheusServer.startIn(
      mkdtempSync(join(tmpdir(), 'prometheus-')),
      `scrape_configs: [${all.join(', ')}]\n`,
      'prometheus-3',
    );
    expect(await prometheus.until('count(up == 1)', jobs.length)).to.equal(jobs.length);
  });

  after(async () => {
    await prometheus?.stop();
    for (const target of targets) target.close();
  });

  for (const [job, , scheme] of jobs) {
    it(`arrive by the scheme ${scheme} where they are scraped ${job}`, async () => {
      for (const selector of expected[scheme] as readonly string[]) {
        const series = await prometheus.query(selector.replace('}', `, job="${job}"}`));
        expect(series, selector).to.have.length(1);
      }
    });
  }
});

describe('Names that are not legal everywhere, in a real Prometheus 2.42', () => {
  for (const [format, flags] of Object.entries({
    OpenMetrics: [],
    'Protocol Buffers': ['--enable-feature=native-histograms'],
  })) {
    it(`arrive escaped by underscores in ${format}`, async function () {
      needs(this, 'prometheus');
      const target = new Target(filled());
      const prometheus = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'prometheus-')),
        await scrapeConfig({ shop: target }),
        'prometheus',
        flags,
      );
      try {
        expect(await prometheus.until('count(up == 1)', 1)).to.equal(1);
        for (const selector of expected['underscores'] as readonly string[]) {
          expect(await prometheus.query(selector), selector).to.have.length(1);
        }
      } finally {
        await prometheus.stop();
        target.close();
      }
    });
  }
});
