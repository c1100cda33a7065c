import { setTimeout as wait } from 'node:timers/promises';

/** What would keep a port or a process busy after the specs. */
const lasting: ReadonlySet<string> = new Set(['TCPServerWrap', 'ProcessWrap']);

/** The servers and child processes of this process, by the names that Node gives to them. */
export const leftovers = (): string[] => process.getActiveResourcesInfo().filter((name) => lasting.has(name));

/** Fails the run where the specs of a file leave a server listening or a child process running. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    const deadline = performance.now() + 10_000;
    // Why waited for: a server that was told to close ends a little later.
    while (leftovers().length > 0 && performance.now() < deadline) await wait(20);
    if (leftovers().length > 0) throw new Error(`the specs leave running: ${leftovers().join(', ')}`);
  },
};
