import {
  Counter,
  Gauge,
  Histogram,
  instrumentMethod,
  PrometheusRecorder,
  setDefaultRecorder,
} from '../../lib/index.js';

/** Prints, as JSON, how many bytes a call of each method allocates. Needs `node --expose-gc`. */

class Methods {
  returnsNumber(team: string, type: string): number {
    return team.length + type.length;
  }

  returnsNothing(_team: string, _type: string): void {}

  takesNothing(): void {}

  takesLong(): void {}
}

/** Durations of both signs in 60 buckets. Why among texts: a list of numbers alone would allocate one for each reader. */
const durations: readonly unknown[] = [
  'none',
  ...Array.from({ length: 60 }, (_, i) => (i % 2 ? -1 : 1) * 1.1 ** i * 0.013),
];
let next = 0;
const nextDuration = (): number => durations[1 + (next++ % 60)] as number;

const labels = { team: (team: string) => team, type: (_: string, type: string) => type };
instrumentMethod(Methods.prototype, 'returnsNumber', Counter({ name: 'numbers_total', help: 'Numbers', labels }));
instrumentMethod(
  Methods.prototype,
  'returnsNumber',
  Gauge({ name: 'number', help: 'The number', value: (it: number) => it }),
);
instrumentMethod(Methods.prototype, 'returnsNothing', Counter({ name: 'nothings_total', help: 'Nothings', labels }));
instrumentMethod(
  Methods.prototype,
  'takesNothing',
  Histogram({ name: 'sizes_bytes', help: 'Sizes', value: () => 5, buckets: [1, 10] }),
);
instrumentMethod(
  Methods.prototype,
  'takesLong',
  Histogram({ name: 'long_seconds', help: 'Long', value: nextDuration, native: true }),
);
setDefaultRecorder(new PrometheusRecorder());

const methods = new Methods();
const subjects: Readonly<Record<string, () => void>> = {
  'a method that returns a number': () => methods.returnsNumber('payments', 'cluster'),
  'a method that returns nothing': () => methods.returnsNothing('payments', 'cluster'),
  'a method without arguments': () => methods.takesNothing(),
  'a method with a native histogram': () => methods.takesLong(),
};

const calls = 50_000;

function measure(call: () => void): number {
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < calls; i++) call();
  return (process.memoryUsage().heapUsed - before) / calls;
}

/** Why the least of several: the compiler allocates as well, whenever it likes. */
function leastOf(call: () => void): number {
  return Math.min(...Array.from({ length: 12 }, () => Math.abs(measure(call))));
}

console.log(JSON.stringify(Object.entries(subjects).map(([subject, call]) => ({ subject, bytes: leastOf(call) }))));
