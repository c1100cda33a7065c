import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** One scrape, with its times in milliseconds since the epoch. */
export interface TimedScrape {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly status: number;
  readonly body: string;
}

const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { request } = require(workerData.url.startsWith('https:') ? 'node:https' : 'node:http');
  const now = () => performance.timeOrigin + performance.now();
  const scrapes = [];
  const answered = new Int32Array(workerData.answered);
  let isOver = false;
  parentPort.on('message', () => { isOver = true; });
  const scrape = () => {
    const askedAt = now();
    request(workerData.url, { agent: false, ca: workerData.ca }, (response) => {
      let body = '';
      response.on('data', (chunk) => { body += chunk; }).on('end', () => {
        Atomics.add(answered, 0, 1);
        scrapes.push({ askedAt, answeredAt: now(), status: response.statusCode, body });
        if (scrapes.length === 1) parentPort.postMessage('has begun');
        if (isOver) { parentPort.postMessage(scrapes); parentPort.close(); }
        else setTimeout(scrape, 20);
      });
    }).end();
  };
  scrape();`;

/** So long this thread is blocked at least, and at most where the answers do not come. */
const [leastMs, mostMs] = [500, 30_000];
/** So many answers it waits for, as a busy machine takes its time. Why one more: the first was perhaps asked before. */
const enough = 4;

/**
 * Scrapes from another thread while this one is blocked.
 *
 * @param count is called again and again in that time.
 * @returns the scrapes that were asked and answered in that time.
 */
export async function scrapesWhileBlocked(
  { url, ca }: { readonly url: string; readonly ca?: string },
  count: () => void = () => undefined,
): Promise<readonly TimedScrape[]> {
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const client = new Worker(program, { eval: true, workerData: { url, ca, answered: answered.buffer } });
  await once(client, 'message');
  const startedAt = performance.timeOrigin + performance.now();
  const began = performance.now();
  const isOver = (ms: number): boolean => ms > mostMs || (ms > leastMs && Atomics.load(answered, 0) >= before + enough);
  const before = Atomics.load(answered, 0);
  while (!isOver(performance.now() - began)) count();
  const endedAt = performance.timeOrigin + performance.now();
  client.postMessage('stop');
  // Why at once: a thread that ends gives its last message and its end in one go where this one is busy.
  const [[scrapes]] = await Promise.all([once(client, 'message'), once(client, 'exit')]);
  return (scrapes as readonly TimedScrape[]).filter(
    ({ askedAt, answeredAt }) => askedAt > startedAt && answeredAt < endedAt,
  );
}
