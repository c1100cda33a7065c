import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { metricsPlugin } from '../../../lib/adapters/fastify/index.js';
import type { PrometheusRecorder } from '../../../lib/index.js';
import { broken, streamed } from '../../http/contract-application.js';
import { itMeasuresRequests } from '../../http/request-contract.suite.js';

itMeasuresRequests({
  name: 'Fastify 5',
  start: async (recorder, options) => {
    const application = Fastify({ forceCloseConnections: true });
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
