import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';
import type { ThreadData } from '../server/thread/messages.js';

const { packagesFrom } = workerData as ThreadData;

/**
 * Loads an optional package in the metrics thread, as the package itself would on the main thread. The build puts this in the
 * place of each `import()` of one.
 *
 * Why: the program of the thread is a text without a file, so `import()` has no folder from which to look for packages.
 */
export function requirePackage(name: string): unknown {
  let failure: unknown;
  for (const from of packagesFrom) {
    try {
      return createRequire(from)(name);
    } catch (cause) {
      if ((cause as { readonly code?: unknown }).code !== 'MODULE_NOT_FOUND') throw cause;
      failure ??= cause;
    }
  }
  throw failure;
}
