const runs = new Set<() => void>();

function runAll(): void {
  for (const run of runs) {
    try {
      run();
    } catch {
      // Why ignored: a process that ends must not fail because of its metrics.
    }
  }
}

/**
 * Runs this when the process or thread exits, unless the returned function is called before. Why one listener for all: Node
 * warns of many.
 */
export function atExit(run: () => void): () => void {
  if (runs.size === 0) process.on('exit', runAll);
  runs.add(run);
  return () => {
    runs.delete(run);
    if (runs.size === 0) process.off('exit', runAll);
  };
}
