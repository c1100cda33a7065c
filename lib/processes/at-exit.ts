const tasks = new Set<() => void>();

const runAll = (): void => {
  for (const task of tasks) task();
};

/**
 * Runs something synchronous when the process exits; returns what takes it back.
 *
 * Why one listener for all: Node warns of a leak from the eleventh on.
 */
export function runAtExit(task: () => void): () => void {
  if (tasks.size === 0) process.on('exit', runAll);
  tasks.add(task);
  return () => {
    tasks.delete(task);
    if (tasks.size === 0) process.off('exit', runAll);
  };
}
