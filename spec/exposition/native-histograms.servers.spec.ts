import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { metricsHandler } from '../../lib/adapters/http/index.js';
import { defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { createRandom } from '../store/exact-native-model.js';
import { Target } from './target.js';

const hour = 3600;
const versions = {
  // resets() of version 2 overlooks native histograms. Its rate() sees the reset.
  prometheus: { title: '2.42', countsResets: false },
  'prometheus-3': { title: '3.5', countsResets: true },
};

const wait = defineHistogram({
  name: 'wait_seconds',
  help: 'Waiting',
  buckets: false,
  native: { maxBuckets: 60, resetAfterSeconds: hour },
});

/** How much wider the upper bound of a bucket is than the lower one. */
const factorOf = (schema: number): number => 2 ** (2 ** -schema);

/** The value that this share of the values are not above. */
function quantileOf(q: number, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
}

for (const [command, { title, countsResets }] of Object.entries(versions)) {
  describe(`A real Prometheus ${title} that scrapes native histograms`, () => {
    const random = createRandom(17);
    /** Values whose logarithms are spread evenly. */
    const draw = (count: number, from: number, to: number): number[] =>
      Array.from({ length: count }, () => Math.exp(from + (to - from) * random()));
    const first = draw(5000, -4, -1);
    const wide = draw(8000, -9, 4);
    const last = draw(3000, -2, 1);
    let now = 0;
    let recorder: PrometheusRecorder;
    let server: Server;
    let prometheus: PrometheusServer;

    const observe = (values: readonly number[]): void => {
      const handle = recorder.histogram(wait);
      for (const value of values) handle.observe({}, value);
    };
    const schema = async (): Promise<number> => {
      const families = await recorder.snapshot();
      return families.find(({ name }) => name === 'wait_seconds')?.nativeHistograms?.[0]?.schema ?? Number.NaN;
    };
    /** Expects each quantile within the bucket of the true one. */
    const expectQuantiles = async (of: string, values: readonly number[], factor: number): Promise<void> => {
      for (const q of [0.01, 0.5, 0.9, 0.95, 0.999]) {
        const found = (await prometheus.value(`histogram_quantile(${q}, ${of})`)) as number;
        expect(found / quantileOf(q, values), `the quantile ${q} of ${of}`).to.be.within(1 / factor, factor);
      }
    };

    before(async function () {
      needs(this, command);
      recorder = new PrometheusRecorder({ clock: () => now });
      observe(first);
      const handler = metricsHandler(recorder);
      server = createServer((request, response) => void handler(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      prometheus = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'prometheus-')),
        `scrape_configs: [{ job_name: native, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`,
        command,
        ['--enable-feature=native-histograms'],
      );
      expect(await prometheus.until('histogram_count(wait_seconds)', first.length)).to.equal(first.length);
    });

    after(async () => {
      await prometheus?.stop();
      server?.close();
      server?.closeAllConnections();
    });

    it('knows the count, the sum, quantiles and shares', async () => {
      const sum = first.reduce((all, one) => all + one, 0);
      expect(await prometheus.value('histogram_sum(wait_seconds)')).to.be.closeTo(sum, 1e-6);
      await expectQuantiles('wait_seconds', first, factorOf(3));
      // Why this bound: a bucket ends there, so nothing is interpolated.
      const share = first.filter((one) => one <= 0.125).length / first.length;
      expect(await prometheus.value('histogram_fraction(0, 0.125, wait_seconds)')).to.be.closeTo(share, 1e-9);
    });

    it('goes on after a reduction, also in rates that span it', async () => {
      expect(await schema()).to.equal(3);
      observe(wide);
      const count = first.length + wide.length;
      expect(await prometheus.until('histogram_count(wait_seconds)', count)).to.equal(count);
      const reduced = await schema();
      expect(reduced).to.be.below(3);
      await expectQuantiles('wait_seconds', [...first, ...wide], factorOf(reduced));
      // Why these values alone: the others were there in the first scrape.
      await expectQuantiles('rate(wait_seconds[2m])', wide, factorOf(reduced));
      expect(await prometheus.value('resets(wait_seconds[2m])')).to.equal(0);
      const mean = wide.reduce((all, one) => all + one, 0) / wide.length;
      const rates = 'histogram_sum(rate(wait_seconds[2m])) / histogram_count(rate(wait_seconds[2m]))';
      expect(await prometheus.value(rates)).to.be.closeTo(mean, mean * 1e-6);
    });

    it('takes a reset for one, and loses nothing that it had scraped', async () => {
      const reduced = await schema();
      now = hour;
      observe(last);
      expect(await schema()).to.be.above(reduced);
      expect(await prometheus.until('histogram_count(wait_seconds)', last.length)).to.equal(last.length);
      await expectQuantiles('wait_seconds', last, factorOf(await schema()));
      if (countsResets) expect(await prometheus.value('resets(wait_seconds[2m])')).to.equal(1);
      await expectQuantiles('rate(wait_seconds[2m])', [...wide, ...last], factorOf(reduced));
    });
  });
}

describe('The guide on native histograms', () => {
  const guide = readFileSync(new URL('../../../docs/guides/native-histograms.md', import.meta.url), 'utf8');
  const config = /^```yaml\n# prometheus-before-3\.8\.yml\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? '';
  const command = /^ {4}prometheus --config\.file=prometheus-before-3\.8\.yml (.*)$/m.exec(guide)?.[1] ?? '';
  // Why without the address: a spec listens on a free port.
  const flags = command.split(' ').filter((flag) => !flag.startsWith('--web.listen-address='));
  const queries = [...guide.matchAll(/^\|.*\| `([^`]*render_seconds[^`]*)` \|$/gm)].map(([, query = '']) => query);
  const render = defineHistogram({ name: 'render_seconds', help: 'Duration of rendering', native: true });

  for (const [server, kept] of [
    // Version 2.42 has no such setting.
    ['prometheus', undefined],
    ['prometheus-3', 'always_scrape_classic_histograms'],
  ] as const) {
    const title = kept === undefined ? '' : `, and ${kept} to keep classic buckets`;
    it(`has a configuration, a flag and queries that a real ${server} answers${title}`, async function () {
      needs(this, server);
      const recorder = new PrometheusRecorder();
      const observe = (): void => {
        for (let i = 0; i < 10; i++) recorder.histogram(render).observe({}, 0.05);
      };
      observe();
      const target = new Target(recorder);
      const given = config
        .replace('localhost:9090', await target.listen())
        .replace('    static_configs', '    scrape_interval: 1s\n    scrape_timeout: 1s\n    static_configs');
      const keeping = given
        .replace('job_name: flowplane', `job_name: keeping\n    ${kept}: true`)
        .replace('scrape_configs:\n', '');
      const jobs = kept === undefined ? [given] : [given, keeping];
      const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
      const prometheus = await PrometheusServer.startIn(folder, jobs.join(''), server, flags);
      try {
        expect(await prometheus.until('sum(histogram_count(render_seconds))', 10 * jobs.length)).to.equal(
          10 * jobs.length,
        );
        observe();
        expect(await prometheus.until('sum(histogram_count(render_seconds))', 20 * jobs.length)).to.equal(
          20 * jobs.length,
        );
        expect(queries).to.have.length(4);
        for (const query of queries) expect(await prometheus.value(query), query).to.be.above(0);
        const [quantile = ''] = queries;
        expect(await prometheus.value(quantile)).to.be.within(0.05 / 1.1, 0.05 * 1.1);
        const buckets = await prometheus.query('count by (job) (render_seconds_bucket)');
        expect(buckets.map(({ metric }) => metric['job'])).to.deep.equal(kept === undefined ? [] : ['keeping']);
      } finally {
        await prometheus.stop();
        target.close();
      }
    });
  }
});
