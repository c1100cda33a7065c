import { once } from 'node:events';
import { type ClientRequest, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Scrapable } from '../../lib/index.js';
import { defaultLimits } from '../../lib/server/config/options.js';
import { until } from '../until.js';
import { countArrivals } from './arrivals.js';
import { ask } from './ask.js';
import { exposed, held, type Listening, Served, sampleIn, servers, withSeries } from './served.js';
import { Wire } from './wire.js';

const scrape = 'GET /metrics HTTP/1.1';
const host = 'Host: x';

let large: Scrapable | undefined;

/** A recorder whose exposition of 14 MiB no buffer of the operating system can hold. Why one: no server changes it. */
function largeRecorder(): Scrapable {
  large ??= withSeries(20_000, 'x'.repeat(700));
  return large;
}

/** Asks for some families of the server alone. Why: others may have megabytes, and to read those takes long. */
const askFor = (url: string, ...families: readonly string[]): ReturnType<typeof ask> =>
  ask(`${url}?${families.map((family) => `name[]=flowplane_metrics_${family}`).join('&')}`);

/** A client that asks for the metrics and reads no byte of them. */
function stuckClient(port: number): Socket {
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write(`${scrape}\r\n${host}\r\n\r\n`);
  return socket;
}

// Why: every collection of garbage in the files that follow in this process would visit it.
after(() => {
  large = undefined;
});

for (const [name, Server] of Object.entries(servers)) {
  describe(`A metrics server on ${name}`, () => {
    const served = new Served(Server);
    afterEach(() => served.close());

    /** How often a request was refused for this reason. */
    const refused = async ({ url }: Listening, reason: string): Promise<number> =>
      sampleIn(
        (await askFor(url, 'requests_refused_total')).body,
        `flowplane_metrics_requests_refused_total{reason="${reason}"}`,
      );

    /** How many scrapes are being answered, this one included. */
    const inFlight = async ({ url }: Listening): Promise<number> =>
      sampleIn((await askFor(url, 'scrapes_in_flight')).body, 'flowplane_metrics_scrapes_in_flight');

    describe('under load', () => {
      it('answers the configured number of scrapes at once, the next one with 503 and Retry-After, and then continues', async () => {
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

      it('sends the bytes of one rendering to all that request the same while it lasts', async () => {
        const { scrapable, release, asked } = held();
        const { url } = await served.serve(scrapable);
        const arrivals = await countArrivals();
        const same = Array.from({ length: 10 }, () => ask(url));
        const other = ask(url, { headers: { accept: 'application/openmetrics-text' } });
        const compressed = ask(url, { headers: { 'accept-encoding': 'gzip' } });
        const restricted = ask(`${url}?name[]=x`);
        await until(() => arrivals.count === 13 && asked() === 4);
        arrivals.stop();
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

      it('releases the scrape of a client that disconnects, before or during the response', async () => {
        const { scrapable, release, asked } = held();
        const slow = await served.serve(scrapable);
        const gone: ClientRequest = get(slow.url).on('error', () => undefined);
        await until(() => asked() === 1);
        gone.destroy();
        release();
        const large = await served.serve(largeRecorder());
        const leaving = get(large.url);
        const [response] = await once(leaving, 'response');
        await once(response, 'data');
        leaving.destroy();
        await until(async () => {
          const { body } = await askFor(large.url, 'scrapes_total', 'scrapes_in_flight');
          const aborted = sampleIn(body, 'flowplane_metrics_scrapes_total{code="aborted",format="none"}');
          return aborted === 1 && sampleIn(body, 'flowplane_metrics_scrapes_in_flight') === 1;
        });
        const next = ask(slow.url);
        await until(() => asked() === 2);
        release();
        expect(sampleIn((await next).body, 'flowplane_metrics_scrapes_in_flight')).to.equal(1);
      });

      it('lets a scraper in beside as many silent connections as are allowed, of which the oldest goes', async () => {
        const listening = await served.listen();
        const wires: Wire[] = [];
        for (let i = 0; i < defaultLimits.maxConnections; i++) wires.push(await Wire.open(listening.port));
        expect(await refused(listening, 'connections')).to.equal(1);
        await wires[0]?.closed;
        expect(wires.filter(({ socket }) => socket.destroyed)).to.have.length(1);
        for (const { socket } of wires) socket.destroy();
      });

      it('lets a scraper in beside connections that send half a request, or send no other one', async () => {
        const listening = await served.listen({ maxConnections: 4 });
        const kept = await Promise.all([1, 2].map(() => Wire.open(listening.port)));
        for (const wire of kept) wire.head('GET /-/healthy HTTP/1.1', host);
        await until(() => kept.every(({ received }) => received.endsWith('Healthy.\n')));
        const halves = await Promise.all([1, 2].map(() => Wire.open(listening.port)));
        for (const wire of halves) wire.send(`${scrape}\r\nX`);
        const late: Wire[] = [];
        for (const expected of [1, 2, 3, 4]) {
          late.push((await Wire.open(listening.port)).head('GET /-/healthy HTTP/1.1', host));
          await until(() => late.at(-1)?.received.endsWith('Healthy.\n'));
          await until(() => [...kept, ...halves].filter(({ socket }) => socket.destroyed).length === expected);
          // Who has asked before goes later.
          if (expected === 2) expect(halves.every(({ socket }) => socket.destroyed)).to.equal(true);
        }
        for (const { socket } of late) socket.destroy();
      });

      it('closes a new connection when all the others are being answered', async () => {
        const { scrapable, release, asked } = held();
        const listening = await served.serve(scrapable, { maxConnections: 2 });
        const busy = await Promise.all([1, 2].map(() => Wire.open(listening.port)));
        busy[0]?.head(scrape, host);
        busy[1]?.head(scrape, host, 'Accept-Encoding: gzip');
        await until(() => asked() === 2);
        const extra = await Wire.open(listening.port);
        await extra.closed;
        expect(extra.received).to.equal('');
        release();
        await until(() => busy.every(({ statuses }) => statuses[0] === 200));
        for (const { socket } of busy) socket.destroy();
      });

      it('closes connections from other addresses than the allowed ones first', async () => {
        const options = { maxConnections: 3, allowedAddresses: ['127.0.0.1'], host: '127.0.0.1' };
        const listening = await served.listen(options);
        const strangers = await Promise.all([1, 2].map(() => Wire.open(listening.port, '127.0.0.2')));
        for (const wire of strangers) wire.head('GET /-/healthy HTTP/1.1', host);
        await until(() => strangers.every(({ received }) => received.endsWith('Healthy.\n')));
        const silent = await Promise.all([1, 2, 3].map(() => Wire.open(listening.port)));
        await Promise.all(strangers.map(({ closed }) => closed));
        const late = await Wire.open(listening.port, '127.0.0.2');
        await late.closed;
        expect(silent.filter(({ socket }) => socket.destroyed)).to.deep.equal([]);
        for (const { socket } of silent) socket.destroy();
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

      it('breaks the response off, so that half of it is never taken for the whole', async () => {
        const { port } = await served.serve(failing(50_000), { endpointMetrics: false });
        const wire = await Wire.open(port);
        wire.head(scrape, host);
        await wire.closed;
        expect(wire.received).to.contain('half 1\n');
        expect(wire.received).not.to.match(/\r\n0\r\n\r\n$/);
        expect(wire.received).not.to.contain('secret');
      });

      it('never answers 200 when the rendering fails before the first byte', async () => {
        const { url } = await served.serve(failing(0), { endpointMetrics: false });
        const status = await ask(url).then(
          (answer) => answer.status,
          ({ code }) => code,
        );
        expect(status).to.be.oneOf([500, 'ECONNRESET']);
      });
    });

    describe('with clients that are slow', () => {
      it('closes the connections of slowloris clients, and counts them', async () => {
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

      it('closes half-open connections that send no byte', async () => {
        const listening = await served.listen({ requestTimeoutSeconds: 0.5 });
        const wires = await Promise.all(Array.from({ length: 50 }, () => Wire.open(listening.port)));
        await Promise.all(wires.map(({ closed }) => closed));
        expect(wires[0]?.received).to.contain('HTTP/1.1 408 Request Timeout\r\n');
        expect((await ask(listening.url)).status).to.equal(200);
      });

      it('holds bounded memory for clients that stop reading, while it serves others', async () => {
        const listening = await served.serve(largeRecorder());
        const length = (await ask(listening.url)).body.length;
        global.gc?.();
        const before = process.memoryUsage();
        const stuck = Array.from({ length: 20 }, () => stuckClient(listening.port));
        await until(async () => (await inFlight(listening)) === 21);
        global.gc?.();
        const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
        // Were all of it kept for each of them, it would be 20 times the length.
        expect(grown).to.be.below((20 * length) / 4);
        for (const socket of stuck) socket.destroy();
      });

      it('closes the connection of a client that stops reading', async () => {
        const listening = await served.serve(largeRecorder(), { responseTimeoutSeconds: 0.5 });
        const stuck = stuckClient(listening.port);
        await until(async () => {
          // Why it may fail: on a busy machine the time that is that short is over for this answer too.
          const asked = askFor(listening.url, 'scrapes_total');
          const { body } = await asked.catch(() => ({ body: '' }));
          return sampleIn(body, 'flowplane_metrics_scrapes_total{code="aborted",format="none"}') >= 1;
        });
        await until(async () => (await inFlight(listening).catch(() => 0)) === 1);
        stuck.destroy();
      });
    });

    describe('with odd requests', () => {
      it('answers without reading the request body, and closes the connection', async () => {
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

      it('answers at once a request with Expect: 100-continue or a chunked body', async () => {
        const { port } = await served.listen();
        for (const lines of [['Content-Length: 1000', 'Expect: 100-continue'], ['Transfer-Encoding: chunked']]) {
          const wire = await Wire.open(port);
          wire.head(scrape, host, ...lines);
          await wire.closed;
          expect(wire.statuses.at(-1)).to.equal(200);
        }
      });

      it('keeps a connection open for the next scrape', async () => {
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

      it('closes the connection of a client that pipelines thousands of scrapes and reads none', async () => {
        const listening = await served.serve(withSeries(10_000));
        const socket = connect(listening.port, '127.0.0.1').pause();
        socket.on('error', () => undefined);
        socket.write(`${scrape}\r\n${host}\r\n\r\n`.repeat(5000));
        await once(socket, 'connect');
        await until(async () => (await refused(listening, 'pipelining')) === 1);
        await until(async () => (await inFlight(listening)) === 1);
      });

      const malformed: readonly (readonly [what: string, text: string, status: number, reason: string])[] = [
        ['text that is no HTTP', 'hello\r\n\r\n', 400, 'malformed'],
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
        it(`answers ${what} with ${status}, and counts it as refused`, async () => {
          const listening = await served.listen();
          const wire = await Wire.open(listening.port);
          wire.send(text);
          await wire.closed;
          expect(wire.statuses).to.deep.equal([status]);
          expect(await refused(listening, reason)).to.equal(1);
        });
      }

      it('answers 400 to a request without a host, as HTTP/1.1 requires', async () => {
        const wire = await Wire.open((await served.listen()).port);
        wire.head(scrape, 'Connection: close');
        await wire.closed;
        expect(wire.statuses).to.deep.equal([400]);
      });

      describe('by their target', () => {
        const whole = ['/metrics', '/metrics?#x', 'http://x/metrics', 'HTTP://x/metrics', 'http:///metrics'];
        const odd = [
          ...['//metrics', '/metrics/', '/METRICS', '/%6detrics', '/metrics%00', '/metrics%23x', '/metrics;x'],
          ...['/metrics#x', '/metrics#x?name[]=visits_total', '/#/metrics', 'http://x/metrics#x', 'http://x//metrics'],
          ...['/./metrics', '/../metrics', '/x/../metrics', '*', '/%', '/\\', '/\\metrics', 'x://x/metrics'],
          ...['/-/healthy#x', 'http://x/-/healthy#x'],
        ];

        const answerTo = async ({ port }: Listening, target: string): Promise<Wire> => {
          const wire = await Wire.open(port);
          await wire.head(`GET ${target} HTTP/1.1`, host, 'Connection: close').closed;
          return wire;
        };

        it('answers 404 to all that is not a path of the server, character by character, or such a path in a whole URL', async () => {
          const listening = await served.listen();
          for (const target of odd) {
            expect((await answerTo(listening, target)).statuses, target).to.deep.equal([404]);
          }
          for (const target of whole) {
            expect((await answerTo(listening, target)).received, target).to.contain(exposed);
          }
        });

        it('asks for credentials whatever the target, except for the plain path of an open route', async () => {
          const listening = await served.listen({ bearerTokens: ['0123456789abcdef'] });
          for (const target of [...whole, ...odd, 'http://x/-/healthy']) {
            expect((await answerTo(listening, target)).statuses, target).to.deep.equal([401]);
          }
          for (const target of ['/-/healthy', '/-/healthy?x#y']) {
            expect((await answerTo(listening, target)).statuses, target).to.deep.equal([200]);
          }
        });

        it('counts every target against the rate limit', async () => {
          const listening = await served.listen({ rateLimit: { interval: '1h', burst: 1 } });
          await answerTo(listening, '/');
          for (const target of [...whole, ...odd]) {
            expect((await answerTo(listening, target)).statuses, target).to.deep.equal([429]);
          }
        });

        it('collects for no target past the limit of concurrent scrapes', async () => {
          const { scrapable, release, asked } = held();
          const listening = await served.serve(scrapable, { maxConcurrentScrapes: 1 });
          const running = ask(listening.url);
          await until(() => asked() === 1);
          for (const target of [...whole, ...odd]) {
            const status = whole.includes(target) ? 503 : 404;
            expect((await answerTo(listening, target)).statuses, target).to.deep.equal([status]);
          }
          expect(asked()).to.equal(1);
          release();
          await running;
        });
      });

      it('parses many preferences and thousands of names correctly', async () => {
        const { url } = await served.listen();
        const accept = `${'a/b;q=0.1,'.repeat(200)}application/openmetrics-text`;
        const { status, headers } = await ask(url, { headers: { accept, 'accept-encoding': 'x,'.repeat(500) } });
        expect(status).to.equal(200);
        expect(headers['content-type']).to.contain('application/openmetrics-text');
        expect((await ask(`${url}?${'name[]=a&'.repeat(1600)}name[]=visits_total`)).body).to.contain(exposed);
      });

      it('sends security headers with every response', async () => {
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
