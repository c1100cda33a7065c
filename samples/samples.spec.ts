import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));
const samples = join(root, 'samples');

/** A running sample, and the URLs that it has printed. */
interface RunningSample {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Starts a sample on free ports and waits until it has printed this number of URLs. */
async function startSample(file: string, urlCount: number): Promise<RunningSample> {
  const child = spawn(process.execPath, [join(root, file)], {
    env: { ...process.env, PORT: '0', FLOWPLANE_METRICS_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const urls: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    urls.push(...(line.match(/http:\/\/[^\s,]+/g) ?? []));
    if (urls.length >= urlCount) break;
  }
  return {
    urls,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

async function read(url: string | undefined, headers: Record<string, string> = {}) {
  const response = await fetch(url ?? '', { headers: { connection: 'close', ...headers } });
  return { status: response.status, text: await response.text() };
}

describe('A small sample', () => {
  let sample: RunningSample | undefined;

  afterEach(async () => {
    await sample?.stop();
    sample = undefined;
  });

  it('hello.mjs counts greetings in plain Node', async () => {
    sample = await startSample('samples/hello.mjs', 1);
    let metrics = '';
    while (!/^greetings_total\{name="(Ada|Grace|Edsger)"\} \d/m.test(metrics)) {
      metrics = (await read(sample.urls[0])).text;
    }
    expect(metrics).to.match(/^hello_uptime_seconds \d/m);
  });

  it('koa-inversify.ts exposes the gauge and the counter of injected services', async () => {
    sample = await startSample('dist/samples/koa-inversify.js', 2);
    const [api, metrics] = sample.urls;
    expect(await read(api, { 'x-team': 'payments' })).to.deep.equal({ status: 200, text: '["ledger","wallet"]' });
    expect((await read(api, { 'x-team': 'checkout' })).status).to.equal(403);
    expect((await read(metrics)).text.split('\n')).to.include.members([
      'xds_team_resources_total{resource_type="cluster",team="payments"} 2',
      'auth_cross_team_access_attempts_total{from_team="checkout",to_team="payments"} 1',
    ]);
  });

  it('koa-existing-app.ts exposes its requests by route pattern, and no scrape among them', async () => {
    sample = await startSample('dist/samples/koa-existing-app.js', 2);
    const [order, metrics] = sample.urls;
    expect((await read(order)).text).to.equal('{"id":"1","item":"bread"}');
    expect((await read(order?.replace(/1$/, '2'))).status).to.equal(404);
    let lines: string[] = [];
    // Why repeated: the server counts a request after the client has its answer.
    while (!lines.some((line) => line.includes('status_code="404"'))) lines = (await read(metrics)).text.split('\n');
    expect(lines).to.include('order_lookup_duration_seconds_count 2');
    expect(lines.filter((line) => line.startsWith('http_server_request_duration_seconds_count'))).to.deep.equal(
      ['200', '404'].map(
        (status) =>
          'http_server_request_duration_seconds_count' +
          `{http_request_method="GET",url_scheme="http",http_route="/orders/:id",http_response_status_code="${status}"} 1`,
      ),
    );
  });

  it('node-http.ts serves its requests by route pattern, to those who have the token', async () => {
    sample = await startSample('dist/samples/node-http.js', 2);
    const [order, metrics] = sample.urls;
    expect((await read(order)).text).to.equal('order 1');
    expect((await read(metrics)).status).to.equal(401);
    const counted =
      'http_server_request_duration_seconds_count' +
      '{http_request_method="GET",url_scheme="http",http_route="/orders/:id",http_response_status_code="200"} 1';
    let text = '';
    // Why repeated: the server counts a request after the client has its answer.
    while (!text.includes(counted)) text = (await read(metrics, { authorization: 'Bearer sample-token' })).text;
    expect(text).to.not.contain('/orders/1"');
  });

  for (const [file, where, route, headers] of [
    ['express', 'with the mount path', '/shops/:shop/orders/:id', {}],
    ['fastify', 'on the path that it opens', '/orders/:id', {}],
    ['hono', 'with the mount path', '/shops/:shop/orders/:id', { authorization: 'Bearer sample-token' }],
    ['nest', 'on a port of its own', '/orders/:id', {}],
  ] as const) {
    it(`${file}.ts exposes its requests by route pattern and what its service counts, ${where}`, async () => {
      sample = await startSample(`dist/samples/${file}.js`, 2);
      const [order, metrics] = sample.urls;
      expect((await read(order)).text).to.equal('{"id":"1","item":"bread"}');
      expect((await read(order?.replace(/1$/, '2'))).status).to.equal(404);
      let lines: string[] = [];
      // Why repeated: the server counts a request after the client has its answer.
      while (!lines.some((line) => line.includes('status_code="404"'))) {
        lines = (await read(metrics, headers)).text.split('\n');
      }
      expect(lines).to.include('order_lookups_total 2');
      const requests = lines.filter((line) => line.startsWith('http_server_request_duration_seconds_count'));
      expect(requests).to.have.length(2);
      for (const line of requests) expect(line).to.contain(`http_route="${route}"`);
    });
  }

  it('prom-client-registry.ts exposes the same metrics on its own server and on the old page', async () => {
    sample = await startSample('dist/samples/prom-client-registry.js', 2);
    for (const url of sample.urls) {
      expect((await read(url)).text.split('\n'), url).to.include.members([
        'orders_total{shop="bakery"} 1',
        'restarts_total 1',
        'orders_in_progress 0',
      ]);
    }
  });

  for (const [container, recordsByHand] of [
    ['tsyringe', true],
    ['awilix', false],
    ['typedi', true],
  ] as const) {
    it(`${container}.ts exposes what the services count that ${container} creates`, async () => {
      sample = await startSample(`dist/samples/${container}.js`, 1);
      const lines = (await read(sample.urls[0])).text.split('\n');
      expect(lines).to.include('bookings_total{account="refunds"} 1');
      expect(lines.includes('refunds_total{reason="damaged"} 1')).to.equal(recordsByHand);
    });
  }

  it('appears in samples/README.md and has at most 80 lines', () => {
    const index = readFileSync(join(samples, 'README.md'), 'utf8');
    const files = readdirSync(samples).filter((file) => /\.(ts|mjs)$/.test(file) && file !== 'samples.spec.ts');
    expect(files).to.have.length.above(4);
    for (const file of files) {
      expect(index).to.contain(`](${file})`);
      expect(readFileSync(join(samples, file), 'utf8').split('\n').length, file).to.be.at.most(81);
    }
  });
});
