import { setTimeout as wait } from 'node:timers/promises';

/**
 * Asks until a condition holds; throws where it does not within the deadline.
 *
 * Why so long: a busy machine is no failure, and a condition that never holds is one in any case.
 */
export async function until(condition: () => unknown, deadlineSeconds = 100): Promise<void> {
  const deadline = performance.now() + deadlineSeconds * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineSeconds} s: ${condition}`);
    await wait(20);
  }
}
