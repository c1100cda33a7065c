import { attachRecorder, Counter, defineCounter, PrometheusRecorder } from 'flowplane-metrics';

/** What a call costs whose label value was made afresh: of a known user, and of ever new ones past every bound. */
export interface PastBoundsFigure {
  readonly series: number;
  readonly known: number;
  readonly past: number;
}

const visits = (maxSeries: number) =>
  defineCounter({
    name: 'visits_total',
    help: 'Visits',
    labels: { kind: { oneOf: ['page', 'feed'] }, user: {} },
    maxSeries,
  });

const calls = 100_000;
const rounds = 15;

/** Nanoseconds per call, the median of several rounds. */
function cost(maxSeries: number, known: number, userOf: (round: number, i: number) => number): number {
  class Site {
    @Counter(visits(maxSeries), { labels: { kind: (kind) => kind, user: (_kind, user) => user } })
    visit(_kind: 'page' | 'feed', _user: string): void {}
  }
  const site = attachRecorder(new Site(), new PrometheusRecorder({ onAdvice: () => undefined }));
  for (let i = 0; i < known; i++) site.visit('page', `user-${i}`);
  const times = Array.from({ length: rounds }, (_, round) => {
    const users = Array.from({ length: calls }, (_, i) => `user-${userOf(round, i)}`);
    const start = process.hrtime.bigint();
    for (const user of users) site.visit('page', user);
    return Number(process.hrtime.bigint() - start) / calls;
  });
  return times.slice(3).toSorted((a, b) => a - b)[(rounds - 3) >> 1] as number;
}

// In a process of its own: other compiled code would change the figures.
const maxSeries = Number(process.argv[2]);
const known = Math.floor(maxSeries * 0.9);
const figure: PastBoundsFigure = {
  series: maxSeries,
  known: cost(maxSeries, known, () => Math.floor(Math.random() * known)),
  past: cost(maxSeries, known, (round, i) => (round + 1) * calls + i),
};
console.log(JSON.stringify(figure));
