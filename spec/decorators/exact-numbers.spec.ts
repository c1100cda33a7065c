import { expect } from 'chai';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  Gauge,
  Histogram,
  type MetricsError,
  PrometheusRecorder,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const first = defineCounter({ name: 'exact_rows_total', help: 'Rows' });
const gauge = defineGauge({ name: 'exact_level', help: 'Rows' });
const histogram = defineHistogram({ name: 'exact_sizes', help: 'Sizes', buckets: [10] });

class Table {
  @Counter(first, { by: (rows) => rows })
  @Gauge(gauge, { value: (rows) => rows })
  @Histogram(histogram, { value: (rows) => rows })
  async count(rows: bigint): Promise<bigint> {
    return rows;
  }

  @Counter({ name: 'exact_constants_total', help: 'Constants', by: 2n })
  @Gauge({ name: 'exact_constant', help: 'A constant', value: 7n })
  constant(): void {}
}

const values = (recorder: MemoryRecorder) =>
  ['exact_rows_total', 'exact_level', 'exact_sizes_sum'].map((name) => recorder.value(name));

describe(`A BigInt as the number to record (${mode} decorators)`, () => {
  for (const rows of [0n, 7n, 2n ** 53n, 2n ** 53n + 2n, 2n ** 80n]) {
    it(`reaches @Counter, @Gauge and @Histogram where a number holds ${rows} exactly`, async () => {
      const recorder = new MemoryRecorder({ strict: true });
      expect(await attachRecorder(new Table(), recorder).count(rows)).to.equal(rows);
      expect(values(recorder)).to.deep.equal([Number(rows), Number(rows), Number(rows)]);
    });
  }

  for (const [what, rows] of [
    ['2^53 + 1', 2n ** 53n + 1n],
    ['10^400', 10n ** 400n],
  ] as const) {
    it(`drops the observation as not_exact where no number holds it, such as ${what}`, async () => {
      const told: MetricsError[] = [];
      const recorder = new MemoryRecorder({ onError: (error) => told.push(error) });
      expect(await attachRecorder(new Table(), recorder).count(rows)).to.equal(rows);
      expect(recorder.drops.map(({ reason }) => reason)).to.deep.equal(['not_exact', 'not_exact', 'not_exact']);
      expect(told[0]?.message).to.contain('the value is a BigInt that no number of JavaScript holds exactly');
    });
  }

  it('drops the observation as negative_step where a counter would go down by it', async () => {
    const recorder = new MemoryRecorder({ onError: () => undefined });
    await attachRecorder(new Table(), recorder).count(-1n);
    expect(recorder.drops).to.deep.equal([{ metric: 'exact_rows_total', reason: 'negative_step' }]);
    expect(recorder.value('exact_level')).to.equal(-1);
  });

  it('may be a constant, unless no number holds it', () => {
    const recorder = new MemoryRecorder({ strict: true });
    attachRecorder(new Table(), recorder).constant();
    expect([recorder.value('exact_constants_total'), recorder.value('exact_constant')]).to.deep.equal([2, 7]);
    const refused = (): unknown => {
      class Refused {
        @Counter({ name: 'refused_total', help: 'Refused', by: 2n ** 53n + 1n })
        call(): void {}
      }
      return Refused;
    };
    expect(refused).to.throw('given 9007199254740993').with.property('code', 'illegal_option');
  });

  it('may come by hand and from a collector; a scrape counts what was dropped as not_exact', async () => {
    const recorder = new PrometheusRecorder({ onError: () => undefined });
    recorder.counter(first).inc({}, 3n);
    recorder.counter(first).inc({}, 2n ** 53n + 1n);
    recorder.histogram(histogram).observe({}, 4n);
    recorder.gauge(gauge).collect(() => 5n);
    const samples = (await recorder.snapshot()).flatMap((family) => family.samples);
    const read = (name: string) => samples.find((one) => one.name === name)?.value;
    expect(['exact_rows_total', 'exact_sizes_sum', 'exact_level'].map(read)).to.deep.equal([3, 4, 5]);
    const dropped = samples.find(
      ({ name, labels }) => name === 'flowplane_metrics_dropped_total' && labels['reason'] === 'not_exact',
    );
    expect(dropped).to.deep.include({ labels: { metric: 'exact_rows_total', reason: 'not_exact' }, value: 1 });
  });
});
