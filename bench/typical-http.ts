import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { PrometheusRecorder } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/koa';
import Koa, { type Middleware } from 'koa';
import * as promClient from 'prom-client';
import { startClient } from './http-client.js';
import { type Measurement, ours, type Row } from './measurement.js';

/** The same three metrics by prom-client, as its users write them. */
function promClientByHand(): Middleware {
  const registers = [new promClient.Registry()];
  const labelNames = ['method', 'route', 'status'] as const;
  const duration = new promClient.Histogram({ name: 'duration_seconds', help: 'Duration', labelNames, registers });
  const size = new promClient.Histogram({ name: 'size_bytes', help: 'Size', labelNames, registers });
  const active = new promClient.Gauge({ name: 'active', help: 'Active', labelNames: ['method'], registers });
  return async (context, next) => {
    const { method } = context;
    active.inc({ method });
    const end = duration.startTimer();
    context.res.once('close', () => {
      const labels = { method, route: String(context['_matchedRoute']), status: context.status };
      active.dec({ method });
      end(labels);
      size.observe(labels, context.length ?? 0);
    });
    await next();
  };
}

const serving =
  (middleware?: () => Middleware): Measurement =>
  async () => {
    const application = new Koa();
    if (middleware !== undefined) application.use(middleware());
    const router = new Router().get('/teams/:team', (context) => {
      context.body = `the team ${context['params']['team']}`;
    });
    const server = application.use(router.routes()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = startClient((server.address() as AddressInfo).port, 1000);
    let least = Infinity;
    for (let i = 0; i < 8; i++) least = Math.min(least, await client.askBatch());
    await client.stop();
    server.closeAllConnections();
    server.close();
    return least;
  };

/** What it costs to measure the requests of an application. */
export const rows: Readonly<Record<string, Row>> = {
  'Koa request with three metrics, CPU of the main thread': {
    unit: 'ns',
    goals: { 'no metrics': 1.1 },
    clients: {
      [ours]: serving(() => httpMetrics(new PrometheusRecorder()) as Middleware),
      'no metrics': serving(),
      'prom-client': serving(promClientByHand),
    },
  },
};
