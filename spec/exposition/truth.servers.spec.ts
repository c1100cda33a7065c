import { execFileSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import { MetricsServer } from '../../lib/adapters/koa/index.js';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type Family,
  type LabelValue,
  PrometheusRecorder,
  scrape,
} from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';

/** What may be done to one family: label values in the order of its labels, and a number. */
interface Observation {
  readonly values: readonly LabelValue[];
  readonly number: number;
}

interface Story {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly help: string;
  readonly observations: readonly Observation[];
}

const hostile = [
  ...['', ' ', '  ', '"', '\\', '\n', '\\n', '\r', '\t', '\u0000', '\u007f', '\u0085', '\u2028', '\ud800', 'x\udc00y'],
  ...['😀', 'ünïcode', '‮rtl', '{', '}', ',', '=', 'a="b"', '|', ':', 'k:v,', '__proto__', 'constructor', '#', '# EOF'],
  ...['NaN', '+Inf', '1', 'true', 'null', 'x'.repeat(2000), '😀'.repeat(1500)],
];

const labelValue: fc.Arbitrary<LabelValue> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hostile) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 2, arbitrary: fc.constantFrom<LabelValue>(1, '1', 1n, -0, 0.1, true, 'true', false, null, undefined) },
);

const labelName = fc.constantFrom('team', 'a', 'b', 'A', '_', 'constructor', 'toString', 'hasOwnProperty', 'le_', 'x1');

const numbers = {
  counter: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e290, noNaN: true })),
  gauge: fc.oneof(fc.integer(), fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 1e21, 5e-324)),
  histogram: fc.double({ min: -1e6, max: 1e6, noNaN: true, noDefaultInfinity: true }),
};

const story: fc.Arbitrary<Story> = fc
  .record({
    kind: fc.constantFrom('counter' as const, 'gauge' as const, 'histogram' as const),
    labels: fc.uniqueArray(labelName, { maxLength: 5 }),
    buckets: fc.uniqueArray(fc.constantFrom(-1, 0, 0.005, 0.1, 1, 2.5, 10, 1e6, 1e21), { minLength: 1, maxLength: 5 }),
    help: fc.oneof(fc.constantFrom('Help', 'a "quoted" \\ one\nin two lines', 'ünïcode'), fc.string({ minLength: 1 })),
  })
  .chain((family) =>
    fc
      .array(
        fc.record({
          values: fc.tuple(...family.labels.map(() => labelValue)),
          number: numbers[family.kind],
        }),
        { maxLength: 8 },
      )
      .map((observations) => ({ ...family, observations })),
  );

const familyOf = (name: string, { kind, labels, buckets, help }: Story): Family => {
  const options = { name, help, labels: Object.fromEntries(labels.map((label) => [label, {}])) };
  if (kind === 'counter') return defineCounter(options);
  return kind === 'gauge'
    ? defineGauge(options)
    : defineHistogram({ ...options, buckets: buckets.toSorted((a, b) => a - b) });
};

function tell(recorder: PrometheusRecorder, family: Family, { kind, labels, observations }: Story): void {
  recorder.open(family);
  for (const { values, number } of observations) {
    const set = Object.fromEntries(labels.map((label, i) => [label, values[i]])) as never;
    if (kind === 'counter') recorder.counter(family as never).inc(set, number);
    else if (kind === 'gauge') recorder.gauge(family as never).set(set, number);
    else recorder.histogram(family as never).observe(set, number);
  }
}

/** What a label value is on the wire; the model's own words for it. */
function onTheWire(value: LabelValue): string {
  const points = [...String(value ?? '').toWellFormed()];
  return points.length <= 1024 ? points.join('') : `${points.slice(0, 1023).join('')}…`;
}

/** The samples that must be seen, by a key that no value can forge. */
type Samples = Map<string, number>;
const keyOf = (name: string, labels: Readonly<Record<string, string>>): string =>
  JSON.stringify([
    name,
    Object.entries(labels)
      .filter(([, value]) => value !== '')
      .sort(),
  ]);
const nameOf = (key: string): string => (JSON.parse(key) as [name: string])[0];

/** What plain JavaScript says must be exposed. */
function model(name: string, { kind, labels, buckets, observations }: Story): Samples {
  const samples: Samples = new Map();
  const add = (sample: string, set: Record<string, string>, by: number): void => {
    const key = keyOf(sample, set);
    samples.set(key, (samples.get(key) ?? 0) + by);
  };
  const observe = (set: Record<string, string>, number: number, times: number): void => {
    for (const bound of [...buckets, Infinity]) {
      add(`${name}_bucket`, { ...set, le: String(bound) }, number <= bound ? times : 0);
    }
    add(`${name}_sum`, set, number);
    add(`${name}_count`, set, times);
  };
  // A family without labels is there from the start, unless it is set.
  if (labels.length === 0 && kind === 'counter') add(name, {}, 0);
  if (labels.length === 0 && kind === 'histogram') observe({}, 0, 0);
  for (const { values, number } of observations) {
    const set = Object.fromEntries(labels.map((label, i) => [label, onTheWire(values[i])]));
    if (kind === 'counter') add(name, set, number);
    else if (kind === 'gauge') samples.set(keyOf(name, set), number);
    else observe(set, number, 1);
  }
  return samples;
}

/** In OpenMetrics sum and count do not stand beside a bound below 0. */
const isWithheld = ({ kind, buckets }: Story, name: string, sample: string): boolean =>
  kind === 'histogram' && buckets.includes(-1) && sample !== `${name}_bucket`;

/** The one thing that is written although the reference parser refuses it: a negative sum of a family without such a bound. */
const isException = ({ kind, buckets }: Story, name: string, samples: Samples): boolean =>
  kind === 'histogram' &&
  !buckets.includes(-1) &&
  [...samples].some(([key, value]) => nameOf(key) === `${name}_sum` && value < 0);

type Parsed = readonly (readonly [name: string, labels: Record<string, string>, value: string])[];

/** What a parser has read; a bound is compared as the number that it spells. */
function samplesOf(parsed: Parsed): Samples {
  return new Map(
    parsed.map(([name, { le, ...labels }, value]) => {
      const bound = le === undefined ? {} : { le: String(le === '+Inf' ? Infinity : Number(le)) };
      return [keyOf(name, { ...labels, ...bound }), number(value)] as const;
    }),
  );
}

const number = (spelled: string): number => Number(spelled.replace(/^([+-]?)[Ii]nf$/, '$1Infinity'));

function readByPython(module: string, exposition: string): Parsed {
  const program = `
import sys, json
from ${module} import text_string_to_metric_families as parse
data = sys.stdin.buffer.read().decode('utf-8')
print(json.dumps([[s.name, s.labels, repr(s.value)] for f in parse(data) for s in f.samples]))`;
  const given = { input: exposition, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' } as const;
  const parsed = JSON.parse(execFileSync('/usr/bin/python3', ['-c', program], given)) as Parsed;
  return parsed.filter(([name]) => name.startsWith('story_'));
}

const seed = Date.now() | 0;

describe(`A thousand random families (seed ${seed}), as other parsers read them`, function () {
  this.timeout(120_000);
  const recorder = new PrometheusRecorder({ strict: true, maxSeriesPerFamily: 1000, onAdvice: () => undefined });
  const expected: Samples = new Map();
  const exposition = async (accept: string, names: readonly string[] = []): Promise<string> =>
    text((await scrape(recorder, { method: 'GET', accept, names })).body);

  before(() => {
    const stories = fc.sample(story, { numRuns: 1000, seed });
    for (const [i, one] of stories.entries()) {
      const name = one.kind === 'counter' ? `story_${i}_total` : `story_${i}`;
      tell(recorder, familyOf(name, one), one);
      const samples = model(name, one);
      for (const [key, value] of samples) {
        expected.set(key, value);
        if (isWithheld(one, name, nameOf(key))) continue;
        inOpenMetrics.set(key, value);
        if (!isException(one, name, samples)) inReferenceParser.set(key, value);
      }
      (isException(one, name, samples) ? exceptions : regular).push(name);
    }
  });

  const inOpenMetrics: Samples = new Map();
  const inReferenceParser: Samples = new Map();
  const regular: string[] = [];
  const exceptions: string[] = [];

  const same = (found: Samples, wanted: Samples = expected): void => {
    for (const [key, value] of wanted)
      expect(found.get(key), `${key} is ${found.get(key)}, not ${value}`).to.be.satisfy((n: number) =>
        Object.is(n, value),
      );
    expect(found.size).to.equal(wanted.size);
  };

  it('equal the model in the text format, by the reference parser', async function () {
    needs(this, 'python3-prometheus-client');
    same(samplesOf(readByPython('prometheus_client.parser', await exposition('text/plain'))));
  });

  it('equal the model in OpenMetrics, by the reference parser', async function () {
    needs(this, 'python3-prometheus-client');
    const read = async (names: readonly string[]): Promise<Samples> =>
      samplesOf(
        readByPython('prometheus_client.openmetrics.parser', await exposition('application/openmetrics-text', names)),
      );
    // Why without the sign of 0: this parser reads "-0" as an integer.
    const unsigned = (samples: Samples): Samples => new Map([...samples].map(([key, value]) => [key, value + 0]));
    same(unsigned(await read(regular)), unsigned(inReferenceParser));
    const [exception = ''] = exceptions;
    const refused = await read([exception]).catch(({ message }) => message);
    expect(refused).to.contain('Counter-like samples cannot be negative');
  });

  for (const [title, command] of [
    ['Prometheus 2', 'prometheus'],
    ['Prometheus 3', 'prometheus-3'],
  ] as const) {
    it(`equal the model in ${title}, which drops none of them`, async function () {
      needs(this, command);
      const server = new MetricsServer(recorder, { port: 0, processMetrics: false });
      const { url } = await server.listen();
      const prometheus = await PrometheusServer.start(url, command);
      try {
        const scraped = 'scrape_samples_scraped{job="flowplane"}';
        expect(await prometheus.until(`${scraped} > bool 0`, 1)).to.equal(1);
        const stored = await prometheus.query('{__name__=~"story_.*"}');
        const parsed = stored.map(({ metric: { __name__: name = '', job, instance, ...labels }, value }) => {
          expect([job, instance]).to.deep.equal(['flowplane', new URL(url).host]);
          return [name, labels, value[1]] as const;
        });
        // Prometheus asks for OpenMetrics first.
        same(samplesOf(parsed), inOpenMetrics);
        expect(prometheus.log.filter((line) => /level=(warn|error)/i.test(line))).to.deep.equal([]);
      } finally {
        await prometheus.stop();
        await server.close();
      }
    });
  }
});
