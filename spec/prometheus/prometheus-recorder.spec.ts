import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { attachRecorder, Counter, defineCounter, defineGauge, PrometheusRecorder, scrape } from '../../lib/index.js';
import { describeMetricsRecorder } from '../contracts/metrics-recorder.contract.js';
import { readSamples } from './read-samples.js';

describeMetricsRecorder('PrometheusRecorder', {
  create: (options) => new PrometheusRecorder(options),
  read: (recorder, family) => readSamples(recorder as PrometheusRecorder, family),
});

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });

async function exposed(recorder: PrometheusRecorder): Promise<string> {
  return text((await scrape(recorder, { method: 'GET' })).body);
}

describe('PrometheusRecorder', () => {
  it('exposes a family once it is opened, before any observation', async () => {
    const recorder = new PrometheusRecorder();
    recorder.open(jobs);
    expect(await exposed(recorder)).to.contain('# HELP jobs_total Jobs\n# TYPE jobs_total counter\n');
  });

  it('exposes the same bytes in two scrapes without an observation between them', async () => {
    const recorder = new PrometheusRecorder();
    for (const team of ['b', 'a', 'c']) recorder.counter(jobs).inc({ team });
    expect(await exposed(recorder)).to.equal(await exposed(recorder));
  });

  it('puts prefix and constantLabels on its families, whose own labels win', async () => {
    const recorder = new PrometheusRecorder({ prefix: 'shop_', constantLabels: { zone: 'eu', team: 'none' } });
    recorder.counter(jobs).inc({ team: 'x' });
    expect(await exposed(recorder)).to.contain('shop_jobs_total{zone="eu",team="x"} 1\n');
  });

  it('puts constantLabels on its own metrics too, whose own labels win', async () => {
    const recorder = new PrometheusRecorder({ constantLabels: { zone: 'eu', metric: 'none' } });
    recorder.counter(jobs).inc({ team: 'x' });
    const shown = await exposed(recorder);
    expect(shown).to.contain('flowplane_metrics_losses_total{reason="overflow",zone="eu",metric="none"} 0\n');
    // Why: of all metrics together, "none" would be wrong.
    expect(shown).to.contain('flowplane_metrics_series{zone="eu"} 1\n');
  });

  it('refuses a family whose samples would clash with another one in either format', () => {
    const recorder = new PrometheusRecorder();
    recorder.open(jobs);
    expect(() => recorder.open(defineGauge({ name: 'jobs', help: 'Jobs' }))).to.throw(
      'defineGauge "jobs": family "jobs" already exists in this recorder as a counter "jobs_total" with labels [team] (given a gauge with labels []); first declared by defineCounter "jobs_total". Use the same definition or another name.',
    );
  });

  it('keeps the first help text, and advises on a different one', async () => {
    const remarks: string[] = [];
    const recorder = new PrometheusRecorder({ onAdvice: ({ code }) => remarks.push(code) });
    recorder.open(jobs);
    recorder.open(defineCounter({ name: 'jobs_total', help: 'Other', labels: { team: {} } }));
    expect(remarks).to.deep.equal(['different_help']);
    expect(await exposed(recorder)).to.contain('# HELP jobs_total Jobs\n');
  });

  it('drops values of a gauge past the limit of the family and past the limit of the recorder', () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 2, onAdvice: () => undefined });
    const few = recorder.open(defineGauge({ name: 'few', help: 'Few', labels: { id: {} }, maxSeries: 1 }));
    expect(few.getOrCreate(['a'], false))
      .to.be.a('number')
      .and.to.equal(few.getOrCreate(['a'], false));
    expect(few.getOrCreate(['b'], false)).to.equal('overflow');
    const more = recorder.open(defineGauge({ name: 'more', help: 'More', labels: { id: {} } }));
    expect([more.getOrCreate(['a'], false), more.getOrCreate(['b'], false)]).to.not.include('overflow');
    expect(more.getOrCreate(['c'], false)).to.equal('overflow');
  });

  it('writes 16 hex digits for a hashed label, equal ones under an equal key', async () => {
    const logins = defineCounter({ name: 'logins_total', help: 'Logins', labels: { user: { hash: true } } });
    const recorder = new PrometheusRecorder({ hashKey: 'secret' });
    recorder.counter(logins).inc({ user: 'ada' });
    recorder.counter(logins).inc({ user: 'ada' });
    const samples = await readSamples(recorder, 'logins_total');
    expect(samples).to.deep.equal({ 'logins_total{user="3c30486140e27f6f"}': 2 });
    expect(() => new PrometheusRecorder({ hashKey: '' }).open(logins)).to.throw('FLOWPLANE_METRICS_HASH_KEY');
  });

  it('reads the key of hashes from the environment, or generates one with hashKey: "random"', async () => {
    const ids = defineCounter({ name: 'ids_total', help: 'Ids', labels: { id: { hash: true } } });
    const hash = async (hashKey?: string): Promise<string | undefined> => {
      const recorder = new PrometheusRecorder(hashKey === undefined ? {} : { hashKey });
      recorder.counter(ids).inc({ id: 'ada@example.com' });
      return Object.keys(await readSamples(recorder, 'ids_total'))[0];
    };
    process.env['FLOWPLANE_METRICS_HASH_KEY'] = 'secret';
    try {
      expect(await hash())
        .to.equal(await hash('secret'))
        .and.to.match(/^ids_total\{id="[0-9a-f]{16}"\}$/);
    } finally {
      delete process.env['FLOWPLANE_METRICS_HASH_KEY'];
    }
    expect(await hash('random')).to.not.equal(await hash('random'));
  });

  it('refuses options of a wrong type, and shows no key', () => {
    const wrong = { created: 'no', hashKey: 71 as never, processMetrics: 1, strict: null, onError: {}, clock: 5 };
    const refused = expect(() => new PrometheusRecorder(wrong as never)).to.throw(
      /^new PrometheusRecorder: 6 problems\./,
    );
    refused.with.property('message').that.contains('"hashKey" must be a text (given number)').and.not.contains('71');
  });

  it('reports all invalid options at once', () => {
    const options = { prefix: '9', constantLabels: { le: 'x' }, maxSeriesPerFamily: 0, registy: {} };
    expect(() => new PrometheusRecorder(options)).to.throw(/^new PrometheusRecorder: 4 problems\./);
  });

  describe('explain()', () => {
    it('returns families that were observed, not called, not wired, and dropped', () => {
      class Explained {
        @Counter({ name: 'explained_observed_total', help: 'Observed' })
        observed(): void {}

        @Counter({ name: 'explained_silent_total', help: 'Not called' })
        silent(): void {}

        @Counter({ name: 'explained_dropped_total', help: 'Dropped', by: () => -1 })
        dropped(): void {}
      }
      class Unwired {
        @Counter({ name: 'explained_unwired_total', help: 'Not wired' })
        method(): void {}
      }
      void Unwired;
      const recorder = new PrometheusRecorder({ onError: () => undefined });
      const instance = attachRecorder(new Explained(), recorder);
      instance.observed();
      instance.dropped();
      const state = (name: string) => recorder.explain().find((family) => family.name === name);
      expect(state('explained_observed_total')).to.deep.equal({
        name: 'explained_observed_total',
        state: 'observed',
        reasons: [],
        sites: ['@Counter on Explained.observed'],
      });
      expect(state('explained_dropped_total')).to.deep.include({ state: 'all dropped', reasons: ['negative_step'] });
      expect(state('explained_unwired_total')).to.deep.include({ state: 'not wired' });
      expect(state('explained_silent_total')).to.deep.include({ state: 'no call yet' });
    });
  });
});
