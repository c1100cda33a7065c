import { setTimeout as wait } from 'node:timers/promises';

/** Repeats `read` until it returns the expected value, for at most 60 seconds. Returns the value it read last. */
export async function readUntil<T>(read: () => T | Promise<T>, expected: T): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await read();
    if (value === expected || Date.now() > deadline) return value;
    await wait(20);
  }
}
