import { labelValues } from './label-values.js';
import { operations } from './operations.js';
import type { Service, Subject } from './service.js';

/** What one arrangement has given for one subject. */
export interface Figure {
  readonly name: string;
  readonly nanoseconds: number;
  readonly bytes: number;
}

// One arrangement in a process of its own: other compiled code would change the figures.
const [operation = '', methods, strings] = process.argv.slice(2);
const count = Number(methods);
const isAsync = operation.endsWith('async');
// Why many short rounds: other work of the machine slows some of them down, and the median leaves those out.
const calls = 15_000;
const rounds = 45;
/** A subject that has taken so many seconds runs no more than the fewest rounds. */
const enoughSeconds = 0.5;
const fewest = 6;
const weighed = 5;

type Values = ReturnType<typeof labelValues>;

function callAll(services: readonly Service[], { teams, types }: Values): void {
  for (let i = 0; i < calls; i++) {
    (services[i % services.length] as Service).handle(teams[i] as string, types[i] as string);
  }
}

async function awaitAll(services: readonly Service[], { teams, types }: Values): Promise<void> {
  for (let i = 0; i < calls; i++) {
    await (services[i % services.length] as Service).handle(teams[i] as string, types[i] as string);
  }
}

async function round(services: readonly Service[], values: Values): Promise<number> {
  const start = process.hrtime.bigint();
  if (isAsync) await awaitAll(services, values);
  else callAll(services, values);
  return Number(process.hrtime.bigint() - start) / calls;
}

/** The least of several weighings: the garbage collector may have run in some, and the compiler in others. */
async function bytesPerCall(services: readonly Service[], values: Values): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < weighed; i++) {
    global.gc?.();
    const before = process.memoryUsage().heapUsed;
    await round(services, values);
    const grown = (process.memoryUsage().heapUsed - before) / calls;
    if (grown >= 0) least = Math.min(least, grown);
  }
  return least;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

const seconds = (times: readonly number[]): number => (times.reduce((sum, time) => sum + time, 0) * calls) / 1e9;

async function figures(subjects: readonly Subject[]): Promise<Figure[]> {
  const runs = subjects.map(({ name, services }) => ({ name, services: services(count), times: [] as number[] }));
  for (let i = 0; i < rounds; i++) {
    for (const { services, times } of runs) {
      if (times.length >= fewest && seconds(times) > enoughSeconds) continue;
      const time = await round(services, labelValues(calls, strings === 'fresh'));
      times.push(time);
    }
  }
  const found: Figure[] = [];
  for (const { name, services, times } of runs) {
    const values = labelValues(calls, strings === 'fresh');
    found.push({
      name,
      nanoseconds: median(times.slice(times.length / 3)),
      bytes: await bytesPerCall(services, values),
    });
  }
  return found;
}

console.log(JSON.stringify(await figures(operations[operation] ?? [])));
