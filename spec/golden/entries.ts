// Why one file: every path from the golden specs into `lib/` is in here, so that they outlive the moves of its folders.
import { fileURLToPath } from 'node:url';

export { metricsPlugin } from '../../lib/adapters/fastify/index.js';
export { catalogueOf, installMetrics } from '../../lib/adapters/inversify/index.js';
export { httpMetrics, MetricsServer, metricsMiddleware } from '../../lib/adapters/koa/index.js';
export * from '../../lib/index.js';
export type { MetricsServerOptions } from '../../lib/server/index.js';
export { MetricsServer as NodeMetricsServer, serveMetrics } from '../../lib/server/index.js';
export { metricsAssertions } from '../../lib/testing/chai.js';
export { MemoryRecorder } from '../../lib/testing/index.js';
export { metricsMatchers } from '../../lib/testing/jest.js';

/** The built library as a folder. */
export const library = fileURLToPath(new URL('../../lib', import.meta.url));

/** What Node runs of the package, as a folder. */
export const shipped = fileURLToPath(new URL('../../node', import.meta.url));

/** The program that `npx flowplane-metrics` runs. */
export const program = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url));

/** The same as it is shipped. */
export const shippedProgram = fileURLToPath(new URL('../../node/flowplane-metrics.cjs', import.meta.url));

/** The folder of the package, for its package.json and its packages. */
export const packageFolder = fileURLToPath(new URL('../../..', import.meta.url));
