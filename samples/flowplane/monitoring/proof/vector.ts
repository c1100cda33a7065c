/** What an instant query answers: one value for each label set. */
export type Vector = readonly Sample[];

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export type Labels = Readonly<Record<string, string>>;

/** One series over time. */
export interface Series {
  readonly labels: Labels;
  readonly points: readonly (readonly [time: number, value: number])[];
}

/** A label set as a key: the order of its labels does not count. */
export const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());

/** Groups by what is left of the labels, and makes one value of each group. */
function aggregate(vector: Vector, left: (name: string) => boolean, combine: (values: number[]) => number): Vector {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const { labels, value } of vector) {
    const kept = Object.fromEntries(Object.entries(labels).filter(([name]) => left(name)));
    const group = groups.get(keyOf(kept)) ?? { labels: kept, values: [] };
    group.values.push(value);
    groups.set(keyOf(kept), group);
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: combine(values) }));
}

const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);

export const sumBy = (names: readonly string[], vector: Vector): Vector =>
  aggregate(vector, (name) => names.includes(name), total);

export const maxBy = (names: readonly string[], vector: Vector): Vector =>
  aggregate(
    vector,
    (name) => names.includes(name),
    (values) => Math.max(...values),
  );

export const count = (vector: Vector): Vector => [{ labels: {}, value: vector.length }];

export const scale = (factor: number, vector: Vector): Vector =>
  vector.map(({ labels, value }) => ({ labels, value: factor * value }));

/** What is not a number comes last. */
export const topk = (k: number, vector: Vector): Vector => {
  const rank = ({ value }: Sample): number => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);
  return [...vector].sort((a, b) => rank(b) - rank(a)).slice(0, k);
};

export const where = (vector: Vector, wanted: (sample: Sample) => boolean): Vector => vector.filter(wanted);

export const divide = (vector: Vector, by: Vector): Vector =>
  vector.flatMap(({ labels, value }) => {
    const divisor = by.find((sample) => keyOf(sample.labels) === keyOf(labels));
    return divisor === undefined ? [] : [{ labels, value: value / divisor.value }];
  });

/** By how much a counter grew in a window: from its first to its last point there, and on to the window's ends. */
export function increase({ labels, points }: Series, start: number, end: number): Vector {
  const inside = points.filter(([time]) => time >= start && time <= end);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined || inside.length < 2) return [];
  const [sampled, grown] = [last[0] - first[0], last[1] - first[1]];
  const step = sampled / (inside.length - 1);
  // Where the counter was at 0: it did not grow before that.
  const sinceZero = grown > 0 ? (sampled * first[1]) / grown : Number.POSITIVE_INFINITY;
  const reach = (gap: number): number => (gap < step * 1.1 ? gap : step / 2);
  const extrapolated = sampled + reach(Math.min(first[0] - start, sinceZero)) + reach(end - last[0]);
  return [{ labels, value: (grown * extrapolated) / sampled }];
}

/** The quantile of histograms whose buckets are samples with a label `le`; what lies within a bucket lies evenly. */
export function histogramQuantile(quantile: number, buckets: Vector): Vector {
  const groups = new Map<string, { labels: Labels; bounds: [bound: number, value: number][] }>();
  for (const { labels, value } of buckets) {
    const { le = '', ...rest } = labels;
    const group = groups.get(keyOf(rest)) ?? { labels: rest, bounds: [] };
    group.bounds.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), value]);
    groups.set(keyOf(rest), group);
  }
  return [...groups.values()].map(({ labels, bounds }) => {
    const sorted = bounds.sort(([a], [b]) => a - b);
    return { labels, value: within(sorted, quantile * (sorted.at(-1)?.[1] ?? Number.NaN)) };
  });
}

function within(bounds: readonly (readonly [bound: number, value: number])[], rank: number): number {
  const all = bounds.at(-1)?.[1] ?? 0;
  if (all === 0) return Number.NaN;
  const index = bounds.findIndex(([, value]) => value >= rank);
  const [lower, below] = bounds[index - 1] ?? [0, 0];
  const [upper, upTo] = bounds[index] as readonly [number, number];
  if (upper === Number.POSITIVE_INFINITY) return lower;
  return lower + ((upper - lower) * (rank - below)) / (upTo - below);
}
