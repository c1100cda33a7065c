import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { metricsPlugin } from '../../../lib/adapters/fastify/index.js';
import type { PrometheusRecorder } from '../../../lib/index.js';
import { broken, certificate, streamed } from '../../http/contract-application.js';
import { itMeasuresRequests, type Transport } from '../../http/request-contract.suite.js';

const serverOptions: Readonly<Record<Transport, () => object>> = {
  http: () => ({ forceCloseConnections: true }),
  https: () => ({ forceCloseConnections: true, https: certificate() }),
  'HTTP/2': () => ({ http2: true, https: certificate() }),
  'HTTP/2 without TLS': () => ({ http2: true }),
};

itMeasuresRequests({
  name: 'Fastify 5',
  transports: ['https', 'HTTP/2', 'HTTP/2 without TLS'],
  start: async (recorder, options, transport) => {
    const application: FastifyInstance = Fastify(serverOptions[transport]());
    await application.register(metricsPlugin(recorder as PrometheusRecorder, options));
    application.get('/teams/:team', async () => 'a team');
    application.post('/teams', async (_request, reply) => reply.code(201).send('made'));
    await application.register(async (nested) => void nested.get('/members/:member', async () => 'a member'), {
      prefix: '/api/:version',
    });
    application.get('/broken', async () => {
      throw new Error('no database');
    });
    application.get('/stream', (_request, reply) => reply.send(streamed()));
    application.get('/cut', (_request, reply) => reply.send(broken()));
    application.get('/slow', () => new Promise(() => undefined));
    await application.listen({ host: '127.0.0.1', port: 0 });
    return { port: (application.server.address() as AddressInfo).port, close: () => application.close() };
  },
});
