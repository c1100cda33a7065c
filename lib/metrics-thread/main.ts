import { koaApplication } from '../adapters/koa/koa-application.js';
import { nodeApplication } from '../server/node-application.js';
import { serveInThread } from '../server/thread/serve-in-thread.js';

/*
 * The program of the metrics thread. The build makes one text of it, which the package starts: see `build/bundle.js`.
 */
serveInThread({ node: async () => nodeApplication, koa: koaApplication });
