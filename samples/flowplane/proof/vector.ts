/** The result of an instant query: one value for each label set. */
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

/** The key of a label set. It does not depend on the order of the labels. */
export const labelKey = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());

/** Groups by the labels to keep, and combines each group into one value. */
function aggregate(vector: Vector, keeps: (name: string) => boolean, combine: (values: number[]) => number): Vector {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const { labels, value } of vector) {
    const kept = Object.fromEntries(Object.entries(labels).filter(([name]) => keeps(name)));
    const group = groups.get(labelKey(kept)) ?? { labels: kept, values: [] };
    group.values.push(value);
    groups.set(labelKey(kept), group);
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: combine(values) }));
}

const sum = (values: number[]): number => values.reduce((left, right) => left + right, 0);

export const sumBy = (names: readonly string[], vector: Vector): Vector =>
  aggregate(vector, (name) => names.includes(name), sum);

export const maxBy = (names: readonly string[], vector: Vector): Vector =>
  aggregate(
    vector,
    (name) => names.includes(name),
    (values) => Math.max(...values),
  );

export const count = (vector: Vector): Vector => [{ labels: {}, value: vector.length }];

export const scale = (factor: number, vector: Vector): Vector =>
  vector.map(({ labels, value }) => ({ labels, value: factor * value }));

/** NaN comes last. */
export const topk = (k: number, vector: Vector): Vector => {
  const rank = ({ value }: Sample): number => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);
  return [...vector].sort((a, b) => rank(b) - rank(a)).slice(0, k);
};

export const filter = (vector: Vector, matches: (sample: Sample) => boolean): Vector => vector.filter(matches);

export const divide = (vector: Vector, by: Vector): Vector =>
  vector.flatMap(({ labels, value }) => {
    const divisor = by.find((sample) => labelKey(sample.labels) === labelKey(labels));
    return divisor === undefined ? [] : [{ labels, value: value / divisor.value }];
  });

/** PromQL's `increase`: the growth between the first and last point in a window, extrapolated to the window's ends. */
export function increase({ labels, points }: Series, start: number, end: number): Vector {
  const inside = points.filter(([time]) => time >= start && time <= end);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined || inside.length < 2) return [];
  const [sampledSeconds, growth] = [last[0] - first[0], last[1] - first[1]];
  const step = sampledSeconds / (inside.length - 1);
  // Why: a counter is never negative, so the extrapolation does not reach beyond the time at which it was 0.
  const sinceZero = growth > 0 ? (sampledSeconds * first[1]) / growth : Number.POSITIVE_INFINITY;
  const extrapolate = (gap: number): number => (gap < step * 1.1 ? gap : step / 2);
  const totalSeconds = sampledSeconds + extrapolate(Math.min(first[0] - start, sinceZero)) + extrapolate(end - last[0]);
  return [{ labels, value: (growth * totalSeconds) / sampledSeconds }];
}

/** PromQL's `histogram_quantile`: it assumes that values are spread evenly within a bucket. */
export function histogramQuantile(quantile: number, buckets: Vector): Vector {
  const groups = new Map<string, { labels: Labels; bounds: [bound: number, value: number][] }>();
  for (const { labels, value } of buckets) {
    const { le = '', ...rest } = labels;
    const group = groups.get(labelKey(rest)) ?? { labels: rest, bounds: [] };
    group.bounds.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), value]);
    groups.set(labelKey(rest), group);
  }
  return [...groups.values()].map(({ labels, bounds }) => {
    const sorted = bounds.sort(([a], [b]) => a - b);
    return { labels, value: interpolate(sorted, quantile * (sorted.at(-1)?.[1] ?? Number.NaN)) };
  });
}

function interpolate(bounds: readonly (readonly [bound: number, value: number])[], rank: number): number {
  const all = bounds.at(-1)?.[1] ?? 0;
  if (all === 0) return Number.NaN;
  const index = bounds.findIndex(([, value]) => value >= rank);
  const [lower, below] = bounds[index - 1] ?? [0, 0];
  const [upper, upTo] = bounds[index] as readonly [number, number];
  if (upper === Number.POSITIVE_INFINITY) return lower;
  return lower + ((upper - lower) * (rank - below)) / (upTo - below);
}
