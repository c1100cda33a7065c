import express from 'express';
import { httpMetrics } from '../../../lib/adapters/express/index.js';
import { broken, serveOver, streamed } from '../../http/contract-application.js';
import { itMeasuresRequests } from '../../http/request-contract.suite.js';
import { express4 } from './express-4.js';

for (const [name, framework] of [
  ['Express 5', express],
  ['Express 4', express4],
] as const) {
  itMeasuresRequests({
    name,
    // Why no HTTP/2: Express gives each request the prototype of HTTP/1, so that it cannot answer one of HTTP/2.
    transports: ['https'],
    start: (recorder, options, transport) => {
      const application = framework();
      // Why: else Express prints what handlers throw.
      application.set('env', 'test');
      application.use(httpMetrics(recorder, options));
      addRoutes(application, framework.Router({ mergeParams: true }));
      return serveOver(transport, application);
    },
  });
}

function addRoutes(application: express.Express, members: express.Router): void {
  members.get('/members/:member', (_request, response) => {
    response.send('a member');
  });
  application.use('/api/:version', members);
  application.get('/teams/:team', (_request, response) => {
    response.send('a team');
  });
  application.post('/teams', (_request, response) => {
    response.status(201).send('made');
  });
  application.get('/broken', () => {
    throw new Error('no database');
  });
  application.get('/stream', (_request, response) => {
    streamed().pipe(response);
  });
  application.get('/cut', (_request, response) => {
    broken()
      .once('error', () => response.destroy())
      .pipe(response);
  });
  application.get('/slow', () => undefined);
}
