import { stores } from './stores.js';

/** What one store has given for so many series. */
export interface StoreFigure {
  readonly series: number;
  readonly firstObservation: number;
  readonly bytes: number;
  readonly rendering: number;
  readonly size: number;
}

// One store in a process of its own: memory is measured.
const [name = '', kind, wanted] = process.argv.slice(2);
const side = Math.round(Math.sqrt(Number(wanted) / 10));
const teams = Array.from({ length: side }, (_, i) => `team-${i}`);
const routes = Array.from({ length: side }, (_, i) => `/api/v1/route-${i}`);
const codes = ['200', '201', '301', '302', '400', '401', '404', '500', '502', '503'];
const series = side * side * codes.length;

function memory(): number {
  for (let i = 0; i < 3; i++) global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const milliseconds = (since: bigint): number => Number(process.hrtime.bigint() - since) / 1e6;
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

const store = (stores[name] as () => ReturnType<(typeof stores)[string]>)();
const before = memory();
const start = process.hrtime.bigint();
for (const team of teams) {
  for (const route of routes) {
    for (const code of codes) {
      if (kind === 'histogram') store.observe(team, route, code, 0.55);
      else store.count(team, route, code);
    }
  }
}
const firstObservation = (milliseconds(start) * 1e6) / series;
const bytes = (memory() - before) / series;
const times: number[] = [];
let size = 0;
const end = performance.now() + 1500;
for (let i = 0; i === 0 || (i < 9 && performance.now() < end); i++) {
  const began = process.hrtime.bigint();
  size = await store.render();
  times.push(milliseconds(began));
}
const figure: StoreFigure = { series, firstObservation, bytes, rendering: median(times), size };
console.log(JSON.stringify(figure));
