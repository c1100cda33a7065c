import { setTimeout as wait } from 'node:timers/promises';

/** For specs: reads again and again until it reads what is expected, for at most 30 seconds; gives what it read last. */
export async function until<T>(read: () => T | Promise<T>, expected: T): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const seen = await read();
    if (seen === expected || Date.now() > deadline) return seen;
    await wait(20);
  }
}
