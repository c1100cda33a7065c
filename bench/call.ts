import { labelValues } from './label-values.js';
import { type Service, subjects } from './subjects.js';

// One arrangement in a process of its own: what else was compiled there would change the figures.
const [methods, strings] = process.argv.slice(2);
const count = Number(methods);
// Why many short rounds: what else the machine does slows some of them down, and the median leaves those out.
const calls = 15_000;
const rounds = 240;
const warmUp = 40;

function nanosecondsPerCall(services: readonly Service[], teams: readonly string[], types: readonly string[]): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) {
    (services[i % services.length] as Service).handle(teams[i] as string, types[i] as string);
  }
  return Number(process.hrtime.bigint() - start) / calls;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

const runs = subjects.map(({ name, services }) => ({ name, services: services(count), times: [] as number[] }));
for (let round = 0; round < rounds; round++) {
  for (const run of runs) {
    const { teams, types } = labelValues(calls, strings === 'fresh');
    const time = nanosecondsPerCall(run.services, teams, types);
    if (round >= warmUp) run.times.push(time);
  }
}
console.log(JSON.stringify(runs.map(({ name, times }) => ({ name, nanoseconds: median(times) }))));
