import { expect } from 'chai';
import { defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { add } from '../contracts/add.js';
import { readSamples } from '../prometheus/read-samples.js';

const calls = defineCounter({ name: 'calls_total', help: 'Calls', labels: { team: {}, kind: {} } });

describe('The series of a PrometheusRecorder', () => {
  it('need no allocation to be found again', () => {
    const family = new PrometheusRecorder().open(calls);
    const place = family.getOrCreate(['team', 'kind'], true);
    const record = (times: number) => {
      for (let i = 0; i < times; i++) family.add(family.lookup('team', 'kind', undefined) ?? Number.NaN, 1);
    };
    expect(family.lookup('team', 'kind', undefined)).to.equal(place);
    // Why the least of several: the compiler allocates as well, whenever it likes.
    const bytesPerCall = Array.from({ length: 5 }, () => {
      record(200_000);
      global.gc?.();
      const before = process.memoryUsage().heapUsed;
      record(200_000);
      return (process.memoryUsage().heapUsed - before) / 200_000;
    });
    expect(Math.min(...bytesPerCall)).to.be.below(1);
  });

  it('retain no part of the large string that a label value was cut from', () => {
    const family = new PrometheusRecorder().open(calls);
    global.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100; i++) {
      const large = `${i} is the beginning of `.padEnd(1 << 20, 'something long ');
      add(family, [large.slice(0, 20), 'kind'], 1);
    }
    global.gc?.();
    expect(process.memoryUsage().heapUsed - before).to.be.below(4 << 20);
  });

  it('retain no new values past the limit of the family', () => {
    const family = new PrometheusRecorder({ maxSeriesPerFamily: 100, onAdvice: () => undefined }).open(calls);
    for (let i = 0; i < 1000; i++) add(family, [`fresh-${i}`, 'kind'], 1);
    global.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 200_000; i++) add(family, [`fresher-${i}`, 'kind'], 1);
    global.gc?.();
    expect(process.memoryUsage().heapUsed - before).to.be.below(1 << 20);
  });

  it('have the right counts after ten thousand random label sets of hostile values', async () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 100_000 });
    const family = recorder.open(calls);
    const parts = ['a', '"', '\\', '\n', ',', '|', '{}', '=', '__proto__', '1', ' ', 'é', '😀', '\u0000', '‮'];
    const model = new Map<string, number>();
    for (let i = 0; i < 10_000; i++) {
      const value = () => parts[Math.floor(Math.random() * parts.length)] + (parts[i % parts.length] ?? '');
      const labels = [value(), value()];
      const key = JSON.stringify(labels);
      model.set(key, (model.get(key) ?? 0) + 1);
      add(family, labels, 1);
    }
    const readings = await readSamples(recorder, 'calls_total');
    const expected = [...model].map(([key, count]) => {
      const [team, kind] = JSON.parse(key);
      return [`calls_total{team="${team}",kind="${kind}"}`, count] as const;
    });
    expect(readings).to.deep.equal(Object.fromEntries(expected));
  });
});
