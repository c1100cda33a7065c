import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import express, { type RequestHandler } from 'express';
import promBundle from 'express-prom-bundle';
import { Registry } from 'prom-client';
import { httpMetrics } from '../../../lib/adapters/express/index.js';
import { PrometheusRecorder, scrape } from '../../../lib/index.js';
import { serveApplication } from '../../http/contract-application.js';
import { until } from '../../until.js';
import { express4 } from './express-4.js';

const metric = 'http_request_duration_seconds';

/** The lines of the metric: names, labels and buckets, and the values that do not depend on time. */
const linesOf = (exposition: string): string[] =>
  exposition
    .split('\n')
    .filter((line) => line.startsWith(`# TYPE ${metric} `) || line.startsWith(metric))
    // Why sorted: the order of series and of labels means nothing to Prometheus.
    .map((line) =>
      line
        .replace(/(_sum\{.*\}|_bucket\{.*\}) .*/, '$1')
        .replace(/\{(.*)\}/, (_all, labels: string) => `{${labels.split(',').sort().join()}}`),
    )
    .sort();

for (const [name, framework] of [
  ['Express 5', express],
  ['Express 4', express4],
] as const) {
  describe(`httpMetrics() with the names of express-prom-bundle, in ${name}`, () => {
    it('exposes the type, names, labels and buckets that express-prom-bundle itself exposes', async () => {
      const registry = new Registry();
      const recorder = new PrometheusRecorder();
      const application = framework();
      application.set('env', 'test');
      application.use(
        promBundle({ includeMethod: true, includePath: true, promRegistry: registry as never }) as RequestHandler,
      );
      application.use(httpMetrics(recorder, { names: 'express-prom-bundle' }));
      application.get('/teams', (_request, response) => {
        response.send('teams');
      });
      application.post('/teams', (_request, response) => {
        response.status(201).send('made');
      });
      application.get('/broken', () => {
        throw new Error('no database');
      });
      const served = await serveApplication(application);
      const url = `http://127.0.0.1:${served.port}`;
      for (const path of ['/teams', '/teams?page=2', '/broken']) await (await fetch(url + path)).text();
      await (await fetch(`${url}/teams`, { method: 'POST' })).text();
      const read = async () => [
        linesOf(await text((await scrape(recorder, { method: 'GET' })).body)),
        linesOf(await registry.metrics()),
      ];
      await until(async () =>
        (await read()).every((lines) => lines.filter((line) => line.includes('_count')).length === 3),
      );
      const [ours, theirs] = await read();
      await served.close();
      expect(ours).to.deep.equal(theirs);
      expect(ours).to.include(`${metric}_count{method="GET",path="/teams",status_code="200"} 2`);
    });
  });
}
