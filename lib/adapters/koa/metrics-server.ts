import { MetricsServer as NodeMetricsServer } from '../../server/metrics-server.js';
import type { Application, Routes } from '../../server/route.js';
import { koaApplication } from './koa-application.js';

/**
 * Serves the metrics of a recorder at `/metrics`, on a port of its own, by a Koa application. Its options and its behaviour
 * are those of `MetricsServer` of `flowplane-metrics/serve`, which needs no web framework.
 *
 * @example
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { MetricsServer } from 'flowplane-metrics/koa';
 *
 * const server = new MetricsServer(new PrometheusRecorder(), { port: 0 });
 * const { url } = await server.listen();
 * console.log(await (await fetch(url)).text());
 * await server.close();
 */
export class MetricsServer extends NodeMetricsServer {
  protected override readonly framework = 'koa';

  protected override createApplication(routes: Routes): Promise<Application> {
    return koaApplication(routes);
  }
}
