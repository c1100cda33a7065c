import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';

/*
 * Ten million sessions that come and go, of which 1,000 are there at any time: `node --expose-gc dist/bench/sessions.js`, with
 * another number if wanted. It takes minutes, prints the memory that is used, and fails where a number is wrong.
 */

const sessions = Number(process.argv[2] ?? 10_000_000);
const live = 1000;
const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
const labels = { kind: {}, id: { limit: 2 * live } };
const family = defineCounter({ name: 'sessions_total', help: 'Sessions', labels });
const counter = recorder.counter(family);
const labelsOf = (i: number) => ({ kind: `kind-${i % 10}`, id: `session-${i}` });

function memory(): number {
  for (let i = 0; i < 3; i++) global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function checkNumbers(last: number): Promise<void> {
  const families = await recorder.snapshot();
  const samples = families.find(({ name }) => name === 'sessions_total')?.samples ?? [];
  const isRight = samples.every(({ labels: { id }, value }) => id === `session-${value - 1}` && value > last - live);
  if (samples.length !== live || !isRight) throw new Error(`the numbers after ${last + 1} sessions are wrong`);
}

for (let i = 0; i < sessions; i++) {
  counter.inc(labelsOf(i), i + 1);
  recorder.remove(family, labelsOf(i - live));
  if ((i + 1) % Math.ceil(sessions / 20) !== 0) continue;
  await checkNumbers(i);
  console.log(`${(i + 1).toLocaleString('en-US')} sessions: ${(memory() / 1024).toFixed(0)} KiB`);
}
