import { createServer, get, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import express, { type ErrorRequestHandler, type Express } from 'express';
import fastify, { type FastifyInstance } from 'fastify';
import { Hono } from 'hono';
import * as expressEntry from '../../lib/adapters/express/index.js';
import * as fastifyEntry from '../../lib/adapters/fastify/index.js';
import * as honoEntry from '../../lib/adapters/hono/index.js';
import * as httpEntry from '../../lib/adapters/http/index.js';
import * as koaEntry from '../../lib/adapters/koa/index.js';
import { handleFetchScrape, handleScrape, PrometheusRecorder } from '../../lib/index.js';
import { express4 } from '../adapters/express/express-4.js';
import { serveApplication } from './contract-application.js';

// Why without types: this is what projects in JavaScript write.
// biome-ignore lint/suspicious/noExplicitAny: as said.
type Untyped = any;

const recorder = new PrometheusRecorder();

const answerError: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(500).end(String(error.message));
};

/** What an application of Express answers. */
async function askExpress(mount: (application: Express) => unknown, create: typeof express): Promise<string> {
  const application = create();
  mount(application);
  application.use(answerError);
  const served = await serveApplication(application);
  const answer = await (await fetch(`http://127.0.0.1:${served.port}/m`)).text();
  await served.close();
  return answer;
}

async function askHono(mount: (application: Hono) => unknown): Promise<string> {
  const application = new Hono();
  application.onError((error, context) => context.text(error.message, 500));
  mount(application);
  application.get('/m', (context) => context.text('reached'));
  return (await application.request('/m')).text();
}

async function askFastify(mount: (application: FastifyInstance) => unknown): Promise<string> {
  const application = fastify();
  mount(application);
  application.get('/other', async () => 'other');
  const { message } = (await application.inject('/m')).json();
  await application.close();
  return message;
}

const handOver = (called: string): string =>
  `Write ${called}(new PrometheusRecorder()), and hand over what that returns.`;
const noNodeResponse =
  'Use what flowplane-metrics has for your framework, or hand over the request and the response of node:http.';
const noFetchRequest = 'In Hono, hand over context.req.raw; on node:http and in Express, use metricsHandler.';

describe('What JavaScript mounts in the wrong way', () => {
  for (const [version, create] of [
    ['4', express4],
    ['5', express],
  ] as const) {
    it(`gets an error that names it in Express ${version}`, async () => {
      const ask = (mounted: Untyped) => askExpress((application) => application.get('/m', mounted), create);
      expect(await ask(httpEntry.fetchHandler(recorder))).to.equal(
        `fetchHandler: "request" must be a Request of Fetch (given an object). ${noFetchRequest}`,
      );
      expect(await ask(expressEntry.httpMetrics)).to.equal(
        `httpMetrics: "recorder" must be a MetricsRecorder (given an object). ${handOver('httpMetrics')}`,
      );
      expect(await ask(httpEntry.metricsHandler)).to.equal(
        'metricsHandler: "recorder" must be a recorder (given an object). Pass for example new PrometheusRecorder().',
      );
      expect(await ask(koaEntry.httpMetrics(recorder))).to.equal(
        `httpMetrics: "request" must be that of node:http (given undefined). ${noNodeResponse}`,
      );
      expect(await ask(honoEntry.httpMetrics(recorder))).to.match(
        /^httpMetrics: "context" must be that of Hono \(given an object\)\. Import httpMetrics from /,
      );
    });
  }

  it('gets an error that names it in Hono', async () => {
    expect(await askHono((application: Untyped) => application.get('/m', httpEntry.fetchHandler(recorder)))).to.equal(
      `fetchHandler: "request" must be a Request of Fetch (given an object). ${noFetchRequest}`,
    );
    expect(await askHono((application: Untyped) => application.get('/m', httpEntry.metricsHandler(recorder)))).to.equal(
      `metricsHandler: "request" must be that of node:http (given an object). ${noNodeResponse}`,
    );
    expect(await askHono((application: Untyped) => application.use(honoEntry.httpMetrics))).to.equal(
      `httpMetrics: "recorder" must be a MetricsRecorder (given an object). ${handOver('httpMetrics')}`,
    );
    for (const { httpMetrics } of [httpEntry, expressEntry] as const) {
      expect(await askHono((application: Untyped) => application.use(httpMetrics(recorder)))).to.equal(
        `httpMetrics: "request" must be that of node:http (given an object). ${noNodeResponse}`,
      );
    }
  });

  it('gets an error that names it in Fastify', async () => {
    const { metricsHandler, fetchHandler, httpMetrics } = httpEntry;
    const ask = (mounted: Untyped) => askFastify((application) => application.get('/m', mounted));
    expect(await ask(metricsHandler(recorder))).to.match(/^metricsHandler: "response" must be that of node:http/);
    expect(await ask(fetchHandler(recorder))).to.match(/^fetchHandler: "request" must be a Request of Fetch/);
    expect(
      await askFastify((application) => application.addHook('onRequest', httpMetrics(recorder) as Untyped)),
    ).to.match(/^httpMetrics: "response" must be that of node:http/);
  });

  it('gets an error that names it where a framework is given what makes its plugin, whatever else it hands over', () => {
    const called = (options: object) => () => fastifyEntry.metricsPlugin(fastify() as Untyped, options);
    for (const options of [{}, { recorder, path: '/metrics' }]) {
      expect(called(options)).to.throw(
        `metricsPlugin: "recorder" must be a MetricsRecorder (given an object). ${handOver('metricsPlugin')}`,
      );
    }
    expect(() => httpEntry.httpMetrics({ prefix: 'a_' } as Untyped, recorder as Untyped)).to.throw(
      'httpMetrics: "recorder" must be a MetricsRecorder (given an object).',
    );
  });

  it('gets an error that names it in a server of node:http, also where its target is a whole URL', async () => {
    const answer = async (listener: Untyped): Promise<string> => {
      const safe: RequestListener = async (request, response) => {
        try {
          await listener(request, response);
        } catch (error) {
          response.end((error as Error).message);
        }
      };
      const server = createServer(safe).listen(0, '127.0.0.1');
      await new Promise((listening) => server.once('listening', listening));
      const { port } = server.address() as { port: number };
      const response = await new Promise<Untyped>((answered) =>
        get({ port, path: 'http://localhost/m', agent: false }, answered),
      );
      const told = await text(response);
      server.close();
      return told;
    };
    expect(await answer(httpEntry.fetchHandler(recorder))).to.match(/^fetchHandler: "request" must be a Request of F/);
    expect(await answer((request: Untyped) => handleFetchScrape(recorder, request))).to.match(
      /^handleFetchScrape: "request" must be a Request of Fetch/,
    );
    expect(await answer((request: Untyped) => handleScrape(recorder, request, {} as Untyped))).to.match(
      /^handleScrape: "response" must be that of node:http/,
    );
  });
});
