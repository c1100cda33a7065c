/*
 * A small service, as a user would write it, in a folder where the packed library is installed. It uses each peer that it
 * is told of, and prints what it saw as JSON. The specs run it in a second form, of CommonJS, too.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  attachRecorder,
  Counter,
  defineCounter,
  instrumentFunction,
  instrumentMethod,
  MetricsRecorder,
  PrometheusRecorder,
  scrape,
  setDefaultRecorder,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';

const load = async (name) => import(name);
const wholeOf = (module) => module.default ?? module;
const wanted = process.argv.slice(2);
const seen = {};

/** Uses a peer where it is wanted; what it throws is part of what was seen. */
async function use(name, run) {
  if (!wanted.includes(name)) return;
  seen[name] = await run().catch((error) => `${error.code}: ${error.message}`);
}

class Shop {
  sell(item) {
    return `sold ${item}`;
  }
}
instrumentMethod(Shop.prototype, 'sell', Counter({ name: 'sales_total', help: 'Sales' }));

const textOf = async (recorder) => text((await scrape(recorder, { method: 'GET' })).body);
const has = (exposed, ...lines) => lines.filter((line) => !exposed.split('\n').includes(line));

/** The lines that are missing in what two clients of the process see: the registry's own text, and ours. */
async function shareRegistry({ Registry, Counter: TheirCounter }) {
  const registry = new Registry();
  const orders = new TheirCounter({
    name: 'orders_total',
    help: 'Orders',
    labelNames: ['item'],
    registers: [registry],
  });
  const recorder = new PrometheusRecorder({ registry });
  recorder.counter(defineCounter({ name: 'ours_total', help: 'Ours' })).inc();
  const order = instrumentFunction((item) => item, Counter(orders, { labels: { item: (item) => item } }));
  setDefaultRecorder(recorder);
  order('tea');
  setDefaultRecorder(undefined);
  const lines = ['ours_total 1', 'orders_total{item="tea"} 1'];
  return { theirs: has(await registry.metrics(), ...lines), ours: has(await textOf(recorder), ...lines) };
}

/** The password of ada is "tea", as htpasswd writes it. */
const webConfig = `
basic_auth_users:
  ada: '$2y$04$wCsfUF7W7xQwlBYEHFlYEeFn2QXRHM0z1RshTIQajSBvdyKXfIBua'
http_server_config:
  headers:
    X-Frame-Options: deny
`;

/** The metrics of a recorder that fails while it is read, when much of it was sent already. */
const breaking = {
  exposedFamilies: async () => [
    {
      name: 'broken',
      type: 'gauge',
      help: 'Broken',
      *write(samples) {
        for (let i = 0; i < 60_000; i++) {
          samples.label(0, 'number', String(i));
          samples.value(1, i);
          if (i % 128 === 127) yield;
        }
        throw new Error('as asked for');
      },
    },
  ],
};

/** How requests end whose answer breaks, without compression and with it. */
async function ends(url) {
  const ask = async (encoding) => {
    const headers = { 'accept-encoding': encoding };
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(20_000) });
    return answer.text().then(
      () => 'whole',
      ({ name }) => (name === 'TimeoutError' ? 'never' : 'cut'),
    );
  };
  return [await ask('identity'), await ask('gzip')];
}

/** Users and headers of a `web-config.yml`, by a server that is asked with and without the password. */
async function serve({ MetricsServer }) {
  // Why a file of its own: the two forms of this program run beside each other, and a file is empty while it is written.
  const webConfigFile = `web-config-${process.pid}.yml`;
  writeFileSync(webConfigFile, webConfig);
  const server = new MetricsServer(new PrometheusRecorder(), { port: 0, webConfigFile });
  const broken = new MetricsServer(breaking, { port: 0, processMetrics: false });
  const { url } = await server.listen();
  try {
    const authorization = `Basic ${Buffer.from('ada:tea').toString('base64')}`;
    const [refused, wrong, answered] = [
      await fetch(url),
      await fetch(url, { headers: { authorization: `Basic ${Buffer.from('ada:coffee').toString('base64')}` } }),
      await fetch(url, { headers: { authorization } }),
    ];
    const body = await answered.text();
    return {
      statuses: [refused.status, wrong.status, answered.status],
      header: answered.headers.get('x-frame-options'),
      hasProcessMetrics: /^process_cpu_user_seconds_total \d/m.test(body),
      ends: await ends((await broken.listen()).url),
    };
  } finally {
    await Promise.all([server.close(), broken.close()]);
  }
}

async function wire({ Container }, { installMetrics }) {
  const container = new Container();
  const recorder = installMetrics(container, { recorder: new MemoryRecorder() });
  container.bind('shop').toDynamicValue(() => new Shop());
  container.bind('nothing').toConstantValue(undefined);
  container.get('shop').sell('tea');
  return {
    sales: recorder.value('sales_total'),
    bound: container.get(MetricsRecorder) === recorder,
    nothing: container.get('nothing') === undefined,
  };
}

/** The routes that a router's requests were measured under, mounted beside our own middleware. */
async function route(Koa, Router, { httpMetrics, metricsMiddleware }) {
  const recorder = new PrometheusRecorder();
  const clusters = new Router({ prefix: '/clusters' });
  clusters.get('/:id', (context) => {
    context.body = 'a cluster';
  });
  const teams = new Router({ prefix: '/teams/:team' });
  teams.use(clusters.routes());
  const application = new Koa().use(httpMetrics(recorder));
  application
    .use(teams.routes())
    .use(metricsMiddleware(recorder, { path: '/metrics' }))
    .use(metricsMiddleware(breaking, { path: '/broken' }));
  application.silent = true;
  const server = createServer(application.callback()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const at = `http://127.0.0.1:${server.address().port}`;
  for (const path of ['/teams/a/clusters/1', '/teams/b/clusters/2', '/nowhere']) await (await fetch(at + path)).text();
  const exposed = await (await fetch(`${at}/metrics`)).text();
  const brokenEnds = await ends(`${at}/broken`);
  server.close();
  server.closeAllConnections();
  const counts = exposed.matchAll(/^http_server_request_duration_seconds_count\{(.*)\} (\d+)$/gm);
  const byRoute = [...counts].map(([, labels, count]) => [labels.match(/http_route="([^"]*)"/)?.[1], Number(count)]);
  return { ...Object.fromEntries(byRoute.map(([route = 'unmatched', count]) => [route, count])), ends: brokenEnds };
}

async function main() {
  const recorder = new MemoryRecorder();
  attachRecorder(new Shop(), recorder).sell('tea');
  seen.decorators = recorder.value('sales_total');
  for (const client of ['prom-client', '@prometheus-io/client']) {
    await use(client, async () => shareRegistry(await load(client)));
  }
  await use('yaml', async () => serve(await load('flowplane-metrics/serve')));
  await use('koa', async () => serve(await load('flowplane-metrics/koa')));
  await use('inversify', async () => {
    await load('reflect-metadata');
    return wire(await load('inversify'), await load('flowplane-metrics/inversify'));
  });
  for (const router of ['@koa/router', 'koa-router']) {
    await use(router, async () =>
      route(wholeOf(await load('koa')), wholeOf(await load(router)), await load('flowplane-metrics/koa')),
    );
  }
  console.log(JSON.stringify(seen));
}

void main();
