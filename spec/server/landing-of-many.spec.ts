import { expect } from 'chai';
import { Program } from '../processes/program.js';
import { until } from '../until.js';

const program = `
  import { isMainThread, Worker } from 'node:worker_threads';
  import { Counter, instrumentFunction } from 'flowplane-metrics';
  import { serveMetrics } from 'flowplane-metrics/serve';

  const objective = { ratio: 0.99, errors: { by: 'nobody' } };
  const labels = { by: { args: () => 'thread', limit: 9 } };
  const place = instrumentFunction(function place() {}, Counter({ name: 'orders_total', help: 'Orders', labels, objective }));
  const cancel = instrumentFunction(function cancel() {}, Counter({ name: 'cancelled_total', help: 'Cancelled orders' }));

  const { url } = await serveMetrics({ cluster: true, port: 0, keepAlive: true });
  if (isMainThread) {
    const workers = [1, 2].map(() => new Worker(new URL(import.meta.url)));
    console.log(JSON.stringify(url));
    globalThis.kept = [workers, place, cancel];
  } else {
    setInterval(place, 50);
  }
`;

/** A program with an aggregator, whose thread publishes. */
const aggregating = (recorder: string, thread: boolean): string => `
  import { isMainThread, Worker } from 'node:worker_threads';
  import { Counter, instrumentFunction, PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
  import { MetricsAggregator, publishMetrics } from 'flowplane-metrics/processes';
  import { MetricsServer } from 'flowplane-metrics/serve';

  const objective = { ratio: 0.99, errors: { by: 'nobody' } };
  const labels = { by: { args: () => 'thread', limit: 9 } };
  const place = instrumentFunction(function place() {}, Counter({ name: 'orders_total', help: 'Orders', labels, objective }));
  globalThis.kept = place;

  if (isMainThread) {
    const aggregator = new MetricsAggregator({ recorder: ${recorder} });
    const server = new MetricsServer(aggregator, { port: 0, keepAlive: true, thread: ${thread}, processMetrics: false });
    const { url } = await server.listen();
    globalThis.worker = new Worker(new URL(import.meta.url));
    console.log(JSON.stringify(url));
  } else {
    const recorder = new PrometheusRecorder();
    setDefaultRecorder(recorder);
    publishMetrics(recorder, { processMetrics: false });
    setInterval(place, 50);
  }
`;

/** Expects what a page can say of families that other processes or threads feed. */
function expectDeclarations(html: string): void {
  expect(html).to.match(/<span data-source="1">\d+ s<\/span>/);
  expect(html).to.match(/<dt>Fed by<\/dt><dd><code>@Counter on [^<]*place[^<]*<\/code><\/dd>/);
  expect(html).to.contain('<span data-values-of="by">–</span> of at most 9 values');
  expect(html).to.contain('<dt>Objective</dt><dd>99 % over 30 days: without by nobody</dd>');
  expect(html).to.contain('<section id="silent" hidden>');
}

describe('The landing page of several threads', () => {
  let main: Program;

  afterEach(() => main.stop());

  it('has the age of each source, what is declared, and calls nothing silent that another thread may have counted', async () => {
    main = new Program({ 'program.mjs': program });
    const origin = new URL(await main.next<string>()).origin;
    const read = async (): Promise<string> => (await fetch(`${origin}/`)).text();
    await until(async () => (await read()).match(/data-source="\d+"/g)?.length === 2);
    await until(async () => (await read()).includes('data-family="orders_total"'));
    expectDeclarations(await read());
  });

  for (const [how, recorder, thread] of [
    ['with a recorder', 'new PrometheusRecorder()', false],
    ['without a recorder', 'undefined', false],
    ['in a metrics thread', 'new PrometheusRecorder()', true],
  ] as const) {
    it(`has them for an aggregator ${how} too`, async () => {
      main = new Program({ 'program.mjs': aggregating(recorder, thread) });
      const origin = new URL(await main.next<string>()).origin;
      const read = async (): Promise<string> => (await fetch(`${origin}/`)).text();
      await until(async () => (await read()).includes('data-family="orders_total"'));
      expectDeclarations(await read());
    });
  }
});
