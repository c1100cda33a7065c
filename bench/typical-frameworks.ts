import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express, { type Express, type Request, type RequestHandler } from 'express';
import Fastify, { type FastifyInstance } from 'fastify';
import { PrometheusRecorder } from 'flowplane-metrics';
import { httpMetrics as expressMetrics } from 'flowplane-metrics/express';
import { metricsPlugin } from 'flowplane-metrics/fastify';
import { httpMetrics as honoMetrics } from 'flowplane-metrics/hono';
import { Hono, type MiddlewareHandler } from 'hono';
import * as promClient from 'prom-client';
import { startClient } from './http-client.js';
import { type Measurement, ours, type Row } from './measurement.js';

// biome-ignore lint/suspicious/noExplicitAny: what only the benchmark loads has no types here.
type Loaded = any;

const require = createRequire(new URL('../../bench/package.json', import.meta.url));

const rounds = 32;
/** Few, so that some of the batches meet no other work of the machine. */
const requestsPerRound = 250;
/** How many of the first rounds are not counted: code is compiled in them. */
const warmUp = 12;

/**
 * The active requests and the size of answers by prom-client, as its users write them.
 *
 * Why: the packages that are compared with measure durations only, and ours measures all three.
 */
function activeAndSize(): (response: ServerResponse, method: string, routeOf: () => string) => void {
  const registers = [new promClient.Registry()];
  const labelNames = ['method', 'route', 'status'] as const;
  const size = new promClient.Histogram({ name: 'size_bytes', help: 'Size', labelNames, registers });
  const active = new promClient.Gauge({ name: 'active', help: 'Active', labelNames: ['method'], registers });
  return (response, method, routeOf) => {
    active.inc({ method });
    response.once('close', () => {
      active.dec({ method });
      const bytes = Number(response.getHeader('content-length') ?? 0);
      size.observe({ method, route: routeOf(), status: response.statusCode }, bytes);
    });
  };
}

/** Listens on a free port with a measured application, or with one that has an empty middleware. */
type Listen = () => Promise<Server>;

async function listening(server: Server): Promise<Server> {
  if (!server.listening) await once(server, 'listening');
  return server;
}

/**
 * What a request costs above one through an empty middleware, in one process: the difference of the lower quartiles.
 *
 * Why in turns: what else the machine does then weighs on both alike. Why a quartile: other work only ever adds time, and the
 * least of all rounds is as much luck as measure.
 */
const above =
  (empty: Listen, measured: Listen): Measurement =>
  async () => {
    const servers = [await empty(), await measured()];
    const clients = servers.map((server) => startClient((server.address() as AddressInfo).port, requestsPerRound));
    const taken: readonly number[][] = clients.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, client] of clients.entries()) {
        const time = await client.askBatch();
        if (round >= warmUp) taken[i]?.push(time);
      }
    }
    for (const client of clients) await client.stop();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    const [bare = 0, cost = 0] = taken.map(lowerQuartile);
    return cost - bare;
  };

const lowerQuartile = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[figures.length >> 2] ?? 0;

const row = (empty: Listen, own: Listen, peer: string, peers: Readonly<Record<string, Listen>>): Row => ({
  unit: 'ns',
  goals: { [peer]: 0.5 },
  clients: {
    [ours]: above(empty, own),
    ...Object.fromEntries(Object.entries(peers).map(([name, listen]) => [name, above(empty, listen)])),
  },
});

const durationOnly = (peer: string): string => `${peer}, durations only`;

function expressRow(framework: () => Express): Row {
  const listen =
    (...middleware: (() => RequestHandler)[]): Listen =>
    () => {
      const application = framework();
      for (const create of middleware) application.use(create());
      application.get('/teams/:team', (request, response) => {
        response.send(`the team ${request.params['team']}`);
      });
      return listening(application.listen(0, '127.0.0.1'));
    };
  const routeOf = ({ baseUrl, route }: Request): string => baseUrl + (route?.path ?? '');
  const bundle = (): RequestHandler => {
    const { register: promRegistry } = require('prom-client');
    const options = { includeMethod: true, includePath: true, promRegistry, normalizePath: routeOf };
    return (require('express-prom-bundle') as Loaded)(options);
  };
  const others = (): RequestHandler => {
    const observe = activeAndSize();
    return (request, response, next) => {
      observe(response, request.method, () => routeOf(request));
      next();
    };
  };
  const peer = 'express-prom-bundle';
  return row(
    listen(() => (_request, _response, next) => next()),
    listen(() => expressMetrics(new PrometheusRecorder())),
    peer,
    { [peer]: listen(bundle, others), [durationOnly(peer)]: listen(bundle) },
  );
}

function honoRow(): Row {
  const listen =
    (...middleware: (() => MiddlewareHandler)[]): Listen =>
    () => {
      const application = new Hono();
      for (const create of middleware) application.use(create());
      application.get('/teams/:team', (context) => context.text(`the team ${context.req.param('team')}`));
      return listening(serve({ fetch: application.fetch, port: 0, hostname: '127.0.0.1' }) as Server);
    };
  const registered = (): MiddlewareHandler => {
    const { prometheus } = require('@hono/prometheus') as Loaded;
    return prometheus({ metricOptions: { requestsTotal: { disabled: true } } }).registerMetrics;
  };
  const others = (): MiddlewareHandler => {
    const observe = activeAndSize();
    return async (context, next) => {
      const { outgoing } = context.env as { outgoing: ServerResponse };
      observe(outgoing, context.req.method, () => context.req.routePath);
      await next();
    };
  };
  const peer = '@hono/prometheus';
  return row(
    listen(() => async (_context, next) => {
      await next();
    }),
    listen(() => honoMetrics(new PrometheusRecorder()) as MiddlewareHandler),
    peer,
    { [peer]: listen(registered, others), [durationOnly(peer)]: listen(registered) },
  );
}

function fastifyRow(): Row {
  const listen =
    (...plugins: ((application: FastifyInstance) => unknown)[]): Listen =>
    async () => {
      const application = Fastify();
      for (const register of plugins) await register(application);
      application.get<{ Params: { team: string } }>('/teams/:team', async ({ params }) => `the team ${params.team}`);
      await application.listen({ port: 0, host: '127.0.0.1' });
      return application.server;
    };
  const plugin = (application: FastifyInstance): unknown => {
    const { default: fastifyMetrics } = require('fastify-metrics') as Loaded;
    const routeMetrics = { enabled: { histogram: true, summary: false } };
    return application.register(fastifyMetrics, { endpoint: null, defaultMetrics: { enabled: false }, routeMetrics });
  };
  const others = (application: FastifyInstance): void => {
    const observe = activeAndSize();
    application.addHook('onRequest', (request, reply, done) => {
      observe(reply.raw, request.method, () => String(request.routeOptions.url));
      done();
    });
  };
  const peer = 'fastify-metrics';
  return row(
    listen((application) => application.addHook('onRequest', (_request, _reply, done) => done())),
    listen((application) => application.register(metricsPlugin(new PrometheusRecorder()) as Loaded)),
    peer,
    { [peer]: listen(plugin, others), [durationOnly(peer)]: listen(plugin) },
  );
}

// @ts-expect-error: it is express under another name, which has no types of its own.
const { default: express4 } = (await import('express-4')) as { default: typeof express };

/** What it costs to measure a request, above an empty middleware of the same framework, beside the framework's own packages. */
export const rows: Readonly<Record<string, Row>> = {
  'Express 5 request above an empty middleware, CPU of the main thread': expressRow(express),
  'Express 4 request above an empty middleware, CPU of the main thread': expressRow(express4),
  'Hono request above an empty middleware, CPU of the main thread': honoRow(),
  'Fastify request above an empty middleware, CPU of the main thread': fastifyRow(),
};
