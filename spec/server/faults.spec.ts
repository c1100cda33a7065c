import { once } from 'node:events';
import { type ClientRequest, get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Scrapable } from '../../lib/index.js';
import { until } from '../until.js';
import { ask } from './ask.js';
import { exposed, held, type Listening, Served, sampleIn, servers, withSeries } from './served.js';
import { Wire } from './wire.js';

const scrape = 'GET /metrics HTTP/1.1';
const host = 'Host: x';

for (const [name, Server] of Object.entries(servers)) {
  describe(`A metrics server on ${name}`, function () {
    this.timeout(60_000);
    const served = new Served(Server);
    afterEach(() => served.close());

    /** How often a request was refused for this reason. */
    const refused = async ({ url }: Listening, reason: string): Promise<number> =>
      sampleIn((await ask(url)).body, `flowplane_metrics_requests_refused_total{reason="${reason}"}`);

    /** How many scrapes are being answered, this one included. */
    const inFlight = async ({ url }: Listening): Promise<number> => {
      const family = 'flowplane_metrics_scrapes_in_flight';
      return sampleIn((await ask(`${url}?name[]=${family}`)).body, family);
    };

    describe('under load', () => {
      it('answers so many scrapes at once, one more 503 with Retry-After, and goes on when they are through', async () => {
        const { scrapable, release, asked } = held();
        const { url } = await served.serve(scrapable, { maxConcurrentScrapes: 2 });
        // In several formats, as two that ask for the same are one.
        const running = ['text/plain', 'application/openmetrics-text'].map((accept) =>
          ask(url, { headers: { accept } }),
        );
        await until(() => asked() === 2);
        const { status, headers, body } = await ask(url);
        expect({ status, body }).to.deep.equal({ status: 503, body: 'Service Unavailable\n' });
        expect(headers['retry-after']).to.equal('1');
        release();
        expect((await Promise.all(running)).map((answer) => answer.status)).to.deep.equal([200, 200]);
        const next = ask(url);
        await until(() => asked() === 3);
        release();
        const text = (await next).body;
        expect(sampleIn(text, 'flowplane_metrics_requests_refused_total{reason="concurrency"}')).to.equal(1);
        expect(sampleIn(text, 'flowplane_metrics_scrapes_in_flight')).to.equal(1);
      });

      it('gives the bytes of one rendering to those who ask for the same while it lasts', async () => {
        const { scrapable, release, asked } = held();
        const { url } = await served.serve(scrapable);
        const same = Array.from({ length: 10 }, () => ask(url));
        const other = ask(url, { headers: { accept: 'application/openmetrics-text' } });
        const compressed = ask(url, { headers: { 'accept-encoding': 'gzip' } });
        const restricted = ask(`${url}?name[]=x`);
        await until(() => asked() === 4);
        await wait(50);
        release();
        const bodies = new Set((await Promise.all(same)).map(({ body }) => body));
        expect(bodies.size).to.equal(1);
        expect(asked()).to.equal(4);
        expect((await other).headers['content-type']).to.contain('openmetrics');
        expect((await compressed).headers['content-encoding']).to.equal('gzip');
        expect((await restricted).body).to.equal('');
        const fresh = ask(url);
        await until(() => asked() === 5);
        release();
        expect(sampleIn((await fresh).body, 'flowplane_metrics_scrapes_total{code="200",format="text"}')).to.equal(12);
      });

      it('keeps no scrape of a client that goes away, whenever it goes', async () => {
        const { scrapable, release, asked } = held();
        const slow = await served.serve(scrapable);
        const gone: ClientRequest = get(slow.url).on('error', () => undefined);
        await until(() => asked() === 1);
        gone.destroy();
        release();
        const large = await served.serve(withSeries(100_000));
        const leaving = get(large.url);
        const [response] = await once(leaving, 'response');
        await once(response, 'data');
        leaving.destroy();
        await until(async () => {
          const { body } = await ask(large.url);
          const aborted = sampleIn(body, 'flowplane_metrics_scrapes_total{code="aborted",format="none"}');
          return aborted === 1 && sampleIn(body, 'flowplane_metrics_scrapes_in_flight') === 1;
        });
        const next = ask(slow.url);
        await until(() => asked() === 2);
        release();
        expect(sampleIn((await next).body, 'flowplane_metrics_scrapes_in_flight')).to.equal(1);
      });

      it('takes so many connections, and closes any more', async () => {
        const listening = await served.listen({ maxConnections: 3 });
        const wires = await Promise.all([1, 2, 3].map(() => Wire.open(listening.port)));
        await until(async () => {
          const extra = await Wire.open(listening.port);
          extra.head(scrape, host);
          await extra.closed;
          return extra.received === '';
        });
        for (const wire of wires) wire.socket.destroy();
        await until(async () => (await refused(listening, 'connections').catch(() => 0)) > 0);
      });
    });

    describe('with a rendering that fails', () => {
      /** Writes so many samples, and throws. */
      const failing = (samples: number): Scrapable => ({
        exposedFamilies: async () => [
          {
            name: 'half',
            type: 'gauge',
            help: 'Half of it',
            *write(writer) {
              for (let i = 0; i < samples; i++) {
                writer.sample(0, '', i);
                if (i % 100 === 99) yield;
              }
              throw new Error('with a secret inside');
            },
          },
        ],
      });

      it('breaks off the answer, so that half of it is never taken for the whole', async () => {
        const { port } = await served.serve(failing(50_000), { endpointMetrics: false });
        const wire = await Wire.open(port);
        wire.head(scrape, host);
        await wire.closed;
        expect(wire.received).to.contain('half 1\n');
        expect(wire.received).not.to.match(/\r\n0\r\n\r\n$/);
        expect(wire.received).not.to.contain('secret');
      });

      it('says 200 never, where nothing was sent yet', async () => {
        const { url } = await served.serve(failing(0), { endpointMetrics: false });
        const status = await ask(url).then(
          (answer) => answer.status,
          ({ code }) => code,
        );
        expect(status).to.be.oneOf([500, 'ECONNRESET']);
      });
    });

    describe('with clients that are slow', () => {
      it('ends slowloris, who sends a byte now and then, and counts him', async () => {
        const listening = await served.listen({ requestTimeoutSeconds: 0.5 });
        const wires = await Promise.all(Array.from({ length: 50 }, () => Wire.open(listening.port)));
        const sending = setInterval(() => {
          for (const wire of wires) wire.send('X');
        }, 50);
        for (const wire of wires) wire.send(`${scrape}\r\n`);
        await Promise.all(wires.map(({ closed }) => closed));
        clearInterval(sending);
        expect(await refused(listening, 'timeout')).to.equal(50);
      });

      it('ends half-open connections, that say nothing at all', async () => {
        const listening = await served.listen({ requestTimeoutSeconds: 0.5 });
        const wires = await Promise.all(Array.from({ length: 50 }, () => Wire.open(listening.port)));
        await Promise.all(wires.map(({ closed }) => closed));
        expect(wires[0]?.received).to.contain('HTTP/1.1 408 Request Timeout\r\n');
        expect((await ask(listening.url)).status).to.equal(200);
      });

      it('cuts off who stops reading, with bounded memory, while others are served', async () => {
        const listening = await served.serve(withSeries(400_000), { responseTimeoutSeconds: 6 });
        const length = (await ask(listening.url)).body.length;
        global.gc?.();
        const before = process.memoryUsage();
        const stuck = Array.from({ length: 20 }, () => {
          const socket = connect(listening.port, '127.0.0.1').pause();
          socket.on('error', () => undefined);
          socket.write(`${scrape}\r\n${host}\r\n\r\n`);
          return socket;
        });
        await until(async () => (await inFlight(listening)) === 21);
        global.gc?.();
        const after = process.memoryUsage();
        const grown = (after.arrayBuffers - before.arrayBuffers) / 2 ** 20;
        console.log(
          `      an exposition of ${(length / 2 ** 20).toFixed(0)} MiB, 20 that do not read: ${grown.toFixed(1)} MiB more in buffers`,
        );
        // Were all of it kept for each of them, it would be more than this.
        expect(grown).to.be.below((20 * length) / 2 ** 20 / 4);
        await until(async () => (await inFlight(listening)) === 1);
        for (const socket of stuck) socket.destroy();
      });
    });

    describe('with odd requests', () => {
      it('never reads a body: it answers, and closes', async () => {
        const { port } = await served.listen();
        const wire = await Wire.open(port);
        wire.head(scrape, host, 'Content-Length: 1000000000');
        const piece = Buffer.alloc(64 * 1024);
        let sent = 0;
        while (!wire.socket.destroyed) {
          if (!wire.socket.write(piece)) await Promise.race([once(wire.socket, 'drain'), wire.closed]).catch(() => 0);
          sent += piece.length;
          expect(sent).to.be.below(100_000_000);
        }
        expect(wire.received).to.match(/^HTTP\/1\.1 200 OK\r\n/);
        expect(wire.received).to.match(/^Connection: close\r$/m);
      });

      it('answers at once who waits for leave to send a body, or sends it in chunks', async () => {
        const { port } = await served.listen();
        for (const lines of [['Content-Length: 1000', 'Expect: 100-continue'], ['Transfer-Encoding: chunked']]) {
          const wire = await Wire.open(port);
          wire.head(scrape, host, ...lines);
          await wire.closed;
          expect(wire.statuses.at(-1)).to.equal(200);
        }
      });

      it('keeps a connection for the next scrape', async () => {
        const { port } = await served.listen();
        const wire = await Wire.open(port);
        for (let answers = 1; answers <= 3; answers++) {
          wire.head(scrape, host);
          await until(() => wire.received.split(exposed).length - 1 === answers);
        }
        expect(wire.statuses).to.deep.equal([200, 200, 200]);
        wire.socket.destroy();
      });

      it('answers pipelined requests in their order, each in full', async () => {
        const { port } = await served.listen();
        const wire = await Wire.open(port);
        const paths = ['/metrics', '/-/healthy', '/nothing', '/metrics', '/-/ready'];
        wire.send(paths.map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n\r\n`).join(''));
        await until(() => wire.statuses.length === paths.length && wire.received.endsWith('Ready.\n'));
        expect(wire.statuses).to.deep.equal([200, 200, 404, 200, 200]);
        expect(wire.received.split(exposed)).to.have.length(3);
        wire.socket.destroy();
      });

      it('cuts off who sends thousands of scrapes ahead, and reads none', async () => {
        const listening = await served.serve(withSeries(10_000));
        const socket = connect(listening.port, '127.0.0.1').pause();
        socket.on('error', () => undefined);
        socket.write(`${scrape}\r\n${host}\r\n\r\n`.repeat(5000));
        await once(socket, 'connect');
        await until(async () => (await refused(listening, 'pipelining')) === 1);
        await until(async () => (await inFlight(listening)) === 1);
      });

      const malformed: readonly (readonly [what: string, text: string, status: number, reason: string])[] = [
        ['no HTTP', 'hello\r\n\r\n', 400, 'malformed'],
        ['a bare line feed in a header', `${scrape}\r\nHost: x\r\nA: b\nc\r\n\r\n`, 400, 'malformed'],
        ['two lengths', `${scrape}\r\n${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400, 'malformed'],
        [
          'a length and chunks',
          `${scrape}\r\n${host}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
          400,
          'malformed',
        ],
        ['the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'malformed'],
        ['headers of 20 kB', `${scrape}\r\n${host}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'header_size'],
        ['a path of 20 kB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n\r\n`, 431, 'header_size'],
      ];
      for (const [what, text, status, reason] of malformed) {
        it(`refuses ${what} with ${status}, and counts it`, async () => {
          const listening = await served.listen();
          const wire = await Wire.open(listening.port);
          wire.send(text);
          await wire.closed;
          expect(wire.statuses).to.deep.equal([status]);
          expect(await refused(listening, reason)).to.equal(1);
        });
      }

      it('refuses a request without a host, as HTTP/1.1 wants it', async () => {
        const wire = await Wire.open((await served.listen()).port);
        wire.head(scrape, 'Connection: close');
        await wire.closed;
        expect(wire.statuses).to.deep.equal([400]);
      });

      it('answers odd targets, and never with the metrics where it is not theirs', async () => {
        const { origin } = await served.listen();
        const targets = [
          '//metrics',
          '/metrics/',
          '/METRICS',
          '/%6detrics',
          '/metrics%00',
          '/../metrics',
          '*',
          '/%',
          '/\\',
        ];
        for (const path of targets) {
          const { status, body } = await ask(origin, { path });
          expect(status, path).to.be.oneOf([200, 400, 404]);
          if (status !== 200) expect(body).not.to.contain('visits_total');
        }
        expect((await ask(origin, { path: `${origin}/metrics` })).body).to.contain(exposed);
      });

      it('is not impressed by thousands of preferences or names', async () => {
        const { url } = await served.listen();
        const accept = `${'a/b;q=0.1,'.repeat(1400)}application/openmetrics-text`;
        const { status, headers } = await ask(url, { headers: { accept, 'accept-encoding': 'x,'.repeat(500) } });
        expect(status).to.equal(200);
        expect(headers['content-type']).to.contain('application/openmetrics-text');
        expect((await ask(`${url}?${'name[]=a&'.repeat(1600)}name[]=visits_total`)).body).to.contain(exposed);
      });

      it('has security headers on every answer', async () => {
        const { origin } = await served.listen();
        for (const path of ['/metrics', '/-/healthy', '/nothing']) {
          const { headers } = await ask(origin + path);
          expect(headers, path).to.include({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'deny' });
          expect(headers['content-security-policy'], path).to.contain("default-src 'none'");
          expect(headers, path).not.to.have.property('x-powered-by');
        }
      });
    });
  });
}
