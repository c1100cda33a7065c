import Router from '@koa/router';
import Koa from 'koa';
import { httpMetrics } from '../../../lib/adapters/koa/index.js';
import { broken, serveOver, streamed } from '../../http/contract-application.js';
import { itMeasuresRequests } from '../../http/request-contract.suite.js';

itMeasuresRequests({
  name: 'Koa',
  transports: ['https', 'HTTP/2', 'HTTP/2 without TLS'],
  start: (recorder, options, transport) => {
    const application = new Koa().use(httpMetrics(recorder, options)).use(createRouter().routes());
    application.silent = true;
    return serveOver(transport, application.callback());
  },
});

function createRouter(): Router {
  const members = new Router().get('/members/:member', (context) => {
    context.body = 'a member';
  });
  return new Router()
    .get('/teams/:team', (context) => {
      context.body = 'a team';
    })
    .post('/teams', (context) => {
      context.status = 201;
      context.body = 'made';
    })
    .use('/api/:version', members.routes())
    .get('/broken', () => {
      throw new Error('no database');
    })
    .get('/stream', (context) => {
      context.body = streamed();
    })
    .get('/cut', (context) => {
      context.body = broken();
    })
    .get('/slow', () => new Promise(() => undefined));
}
