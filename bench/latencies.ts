import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

// How long an API takes, asked 200 times a second by a process of its own: `node latencies.js <url> <seconds>`.

const [url = '', seconds = '10'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 20 });
const taken: number[] = [];

async function ask(): Promise<void> {
  const began = performance.now();
  const [response] = await once(get(url, { agent }), 'response');
  await text(response);
  taken.push(performance.now() - began);
}

const asked: Promise<void>[] = [];
const end = performance.now() + Number(seconds) * 1000;
while (performance.now() < end) {
  asked.push(ask());
  await wait(5);
}
await Promise.all(asked);
agent.destroy();
taken.sort((a, b) => a - b);
const percentile = (share: number): number => taken[Math.floor((taken.length - 1) * share)] as number;
console.log(JSON.stringify([0.5, 0.99, 1].map((share) => Number(percentile(share).toFixed(2)))));
