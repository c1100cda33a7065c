import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { Registry, Summary, Histogram as TheirHistogram } from 'prom-client';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type ExposedFamily,
  PrometheusRecorder,
  type SampleWriter,
  type Scrapable,
  scrape,
} from '../../lib/index.js';
import { postFamilies, readFamilies } from '../../lib/server/thread/posted-families.js';
import { protobufType } from '../exposition/read-protobuf.js';

/** Everything that an exposition can have. */
function recorderWithEverything(): PrometheusRecorder {
  const registry = new Registry();
  registry.setDefaultLabels({ region: 'eu' });
  new Summary({ name: 'theirs_seconds', help: 'A summary', percentiles: [0.5, 0.9], registers: [registry] }).observe(3);
  const theirs = new TheirHistogram({
    name: 'theirs_bytes',
    help: 'A histogram',
    buckets: [1, 2],
    labelNames: ['of'],
    registers: [registry],
  });
  theirs.observe({ of: 'mail' }, 1.5);
  const recorder = new PrometheusRecorder({ registry, created: true, nativeHistograms: true });
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs\n"done"', labels: { team: {} } }));
  jobs.inc({ team: 'a"\\\n' }, 2, { exemplar: { id: '7' } });
  jobs.inc({ team: '' });
  const depth = recorder.gauge(defineGauge({ name: 'depth', help: 'Depth', labels: { of: {} } }));
  for (const [of, value] of Object.entries({ zero: -0, minus: -1, large: 1e300 })) depth.set({ of }, value);
  const sizes = recorder.histogram(
    defineHistogram({ name: 'size_bytes', help: 'Sizes', unit: 'bytes', buckets: [1, 10] }),
  );
  for (const size of [0, 0.5, 5, -3, 1e9]) sizes.observe({}, size, { exemplar: { id: String(size) } });
  recorder.histogram(defineHistogram({ name: 'native', help: 'Native alone', buckets: false })).observe({}, 4);
  return recorder;
}

/** The same families, as another thread gets them. */
const posted = (recorder: PrometheusRecorder): Scrapable => ({
  exposedFamilies: async (limits) =>
    readFamilies(structuredClone(await postFamilies(await recorder.exposedFamilies(limits)))),
});

describe('Families that are posted to another thread', () => {
  const recorder = recorderWithEverything();

  for (const accept of ['text/plain', 'application/openmetrics-text;version=1.0.0', protobufType]) {
    it(`make the same bytes in ${accept}`, async () => {
      const [there, here] = await Promise.all(
        [posted(recorder), recorder].map(async (one) => buffer((await scrape(one, { method: 'GET', accept })).body)),
      );
      expect(there?.length).to.be.above(500);
      expect(there?.toString('latin1')).to.equal(here?.toString('latin1'));
    });
  }

  it('fail where their writing has failed, after what was written by then', async () => {
    const broken = {
      name: 'broken',
      type: 'gauge',
      help: 'Fails',
      *write(samples: SampleWriter) {
        samples.value(0, 1);
        yield;
        throw new Error('no memory');
      },
    } as const;
    const [family] = readFamilies(structuredClone(await postFamilies([broken])));
    const values: number[] = [];
    expect(() => write(family, values)).to.throw('could not write the family in full');
    expect(values).to.deep.equal([1]);
  });

  it('can be written more than once', async () => {
    const [family] = readFamilies(await postFamilies(await recorder.exposedFamilies({ names: ['jobs_total'] })));
    const values: number[] = [];
    for (let i = 0; i < 2; i++) write(family, values);
    expect(values).to.deep.equal([2, 1, 2, 1]);
  });
});

/** Writes the plain values of a family into a list. */
function write(family: ExposedFamily | undefined, values: number[]): void {
  const nothing = (): void => undefined;
  const value = (_depth: number, one: number): void => void values.push(one);
  const writer = { label: nothing, value, histogram: nothing, summary: nothing, sample: nothing };
  for (const _ of family?.write(writer) ?? []);
}
