import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { needs } from '../needs.js';
import { Program } from './program.js';

/** Each generation of prom-client, and the package that has it installed. */
const generations: Readonly<Record<string, string>> = {
  'prom-client': '../../../package.json',
  '@prometheus-io/client': '../../../bench/package.json',
};

/** A cluster of prom-client as its documents show it; the registry of each worker has families of ours. */
const program = `
  import cluster from 'node:cluster';
  import { createRequire } from 'node:module';
  import { createInterface } from 'node:readline';
  import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from 'flowplane-metrics';

  const promClient = createRequire(process.env.INSTALLED_FOR)(process.env.CLIENT);
  if (cluster.isPrimary) {
    const registry = new promClient.AggregatorRegistry();
    const values = [3, 4];
    const workers = values.map((value) => cluster.fork({ VALUE: String(value) }));
    let ready = 0;
    cluster.on('message', (_, message) => { if (message === 'ready' && ++ready === values.length) console.log('"ready"'); });
    createInterface({ input: process.stdin }).on('line', async () => {
      const answer = await registry.clusterMetrics();
      console.log(JSON.stringify(answer.split('\\n').filter((line) => line !== '' && !line.startsWith('#'))));
    });
  } else {
    new promClient.AggregatorRegistry();
    const recorder = new PrometheusRecorder({ registry: promClient.register, onAdvice: () => undefined });
    const value = Number(process.env.VALUE);
    recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } })).inc({ team: 'a' }, value);
    recorder.histogram(defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [3, 5] })).observe({}, value);
    for (const aggregator of [undefined, 'sum', 'min', 'max', 'mostrecent', 'all', 'livesum', 'livemin', 'livemax', 'livemostrecent', 'liveall']) {
      const family = { name: 'x_' + (aggregator ?? 'default'), help: 'X', ...(aggregator && { aggregator }) };
      recorder.gauge(defineGauge(family)).set({}, value);
    }
    process.send('ready');
  }
`;

describe('A real cluster of prom-client', () => {
  let primary: Program | undefined;

  afterEach(() => primary?.stop());

  for (const [client, installedFor] of Object.entries(generations)) {
    it(`merges the families of ours in the registries of its workers, by the nearest of its own words, with ${client}`, async function () {
      if (client !== 'prom-client') needs(this, client);
      const environment = { CLIENT: client, INSTALLED_FOR: fileURLToPath(new URL(installedFor, import.meta.url)) };
      primary = new Program({ 'program.mjs': program }, environment);
      await primary.next();
      primary.tell('scrape');
      const samples = await primary.next<string[]>();
      expect(samples).to.include.members([
        'jobs_total{team="a"} 7',
        'wait_seconds_bucket{le="3"} 1',
        'wait_seconds_bucket{le="5"} 2',
        'wait_seconds_bucket{le="+Inf"} 2',
        'wait_seconds_sum 7',
        'wait_seconds_count 2',
        'x_default 4',
        'x_sum 7',
        'x_livesum 7',
        'x_min 3',
        'x_livemin 3',
        'x_max 4',
        'x_livemax 4',
      ]);
      // It keeps the value of the worker that answers first: it knows neither times, nor a label for each worker.
      for (const word of ['mostrecent', 'livemostrecent', 'all', 'liveall']) {
        expect(samples.filter((one) => one.startsWith(`x_${word} `))).to.have.length(1);
        expect(samples.find((one) => one.startsWith(`x_${word} `))).to.match(/ [34]$/);
      }
    });
  }
});
