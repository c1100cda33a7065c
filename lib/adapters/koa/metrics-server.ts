import type { RequestListener } from 'node:http';
import { MetricsServer as NodeMetricsServer } from '../../server/metrics-server.js';
import type { Pages } from '../../server/routes.js';
import { koaApplication } from './koa-application.js';

/** Serves the metrics of a recorder on a port of their own, at `/metrics`, by Koa. */
export class MetricsServer extends NodeMetricsServer {
  protected override application(pages: Pages): Promise<RequestListener> {
    return koaApplication(pages);
  }
}
