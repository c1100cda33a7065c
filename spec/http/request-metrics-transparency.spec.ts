import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import Koa from 'koa';
import { httpMetrics } from '../../lib/adapters/koa/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';

/** What an application may do with a request; each is served with the metrics and without. */
const handlers: Readonly<Record<string, Koa.Middleware>> = {
  text: (context) => {
    context.body = 'text';
  },
  json: (context) => {
    context.body = { ünï: 'code' };
  },
  'a buffer that was compressed': (context) => {
    context.set('Content-Encoding', 'gzip');
    context.body = gzipSync('compressed');
  },
  'a stream of many writes': (context) => {
    context.body = Readable.from(Array.from({ length: 100 }, (_, i) => `${i}`.repeat(1000)));
  },
  'a file': (context) => {
    context.type = 'text';
    context.body = createReadStream(fileURLToPath(import.meta.url));
  },
  'a web stream': (context) => {
    context.body = new Blob(['a ', 'blob']).stream();
  },
  nothing: () => undefined,
  'no content': (context) => {
    context.status = 204;
  },
  'not modified': (context) => {
    context.status = 304;
    context.body = 'left out';
  },
  'an error': () => {
    throw new Error('inside');
  },
  'an error that is to be seen': (context) => context.throw(418, 'a teapot', { headers: { 'X-Tea': 'green' } }),
  'what is no error': () => {
    throw 'a string';
  },
  'an early rejection': () => Promise.reject(Object.assign(new Error('full'), { status: 507, expose: true })),
  'a stream that breaks': (context) => {
    context.body = Readable.from(
      (async function* () {
        yield 'half';
        throw new Error('gone');
      })(),
    );
  },
  'writes by hand, with every shape of arguments': (context) => {
    context.respond = false;
    const { res } = context;
    const heard: string[] = [];
    res.write('plain ');
    res.write('6869', 'hex', () => heard.push('with encoding'));
    res.write(new Uint8Array([33]), () => {
      heard.push('without');
      res.end(` ${heard.join(', ')}`, 'utf8', () => context.app.emit('ended'));
    });
  },
  'a write that is wrong': (context) => {
    try {
      (context.res.write as (chunk: unknown) => void)(5);
    } catch (error) {
      context.body = (error as NodeJS.ErrnoException).code;
    }
  },
  'what write and end give back': (context) => {
    context.respond = false;
    const { res } = context;
    const isRoomy = res.write('x');
    const isFull = res.write(Buffer.alloc(10_000_000));
    res.write(`${isRoomy} ${isFull} `);
    const { write, end } = res;
    expect(res.end([write, end].map(({ name, length }) => `${name} ${length}`).join())).to.equal(res);
  },
  'hints, headers and trailers by hand': (context) => {
    context.respond = false;
    const { res } = context;
    res.writeEarlyHints({ link: '</style.css>; rel=preload' });
    res.writeHead(201, { Trailer: 'X-Sum' });
    res.write('body');
    res.addTrailers({ 'X-Sum': '4' });
    res.end();
  },
};

describe('An application with httpMetrics()', () => {
  const recorder = new MemoryRecorder({ strict: true });
  const servers: Server[] = [];
  /** Whose callbacks of `end` were called. */
  const ended: string[] = [];

  /** The application of these handlers, by the number in the path. */
  async function started(measured: boolean): Promise<number> {
    const application = new Koa();
    application.silent = true;
    application.on('ended', () => ended.push(measured ? 'measured' : 'plain'));
    if (measured) application.use(httpMetrics(recorder));
    application.use((context, next) => Object.values(handlers)[Number(context.path.slice(1))]?.(context, next));
    const server = createServer(application.callback()).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Every byte of the answer, but for the date. */
  async function answer(port: number, request: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    socket.write(request);
    return (await text(socket)).replace(/^Date: .*\r\n/m, '');
  }

  let ports: { plain: number; measured: number };

  before(async () => {
    ports = { plain: await started(false), measured: await started(true) };
  });

  after(() => Promise.all(servers.map((server) => new Promise((closed) => server.close(closed)))));

  for (const [i, what] of Object.keys(handlers).entries()) {
    for (const method of ['GET', 'HEAD', 'POST']) {
      it(`answers ${method} as it does without the metrics: ${what}`, async () => {
        const request = `${method} /${i} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
        const expected = await answer(ports.plain, request);
        expect(expected).to.match(/^HTTP\/1\.1 /);
        expect(await answer(ports.measured, request)).to.equal(expected);
      });
    }
  }

  it('answers pipelined requests as it does without the metrics, in order', async () => {
    const request = ['0', '3', '9'].map((i) => `GET /${i} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join('');
    const last = 'GET /6 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const withoutDates = async (port: number) => (await answer(port, request + last)).replace(/^Date: .*\r\n/gm, '');
    expect(await withoutDates(ports.measured)).to.equal(await withoutDates(ports.plain));
  });

  it('calls the callbacks of end() as it does without the metrics', () => {
    const of = (one: string) => ended.filter((other) => other === one).length;
    expect(of('measured')).to.equal(of('plain')).and.to.be.above(0);
  });

  it('has recorded each of these requests', () => {
    const total = recorder
      .series('http_server_request_duration_seconds_count')
      .reduce((sum, { value }) => sum + value, 0);
    expect(total).to.equal(Object.keys(handlers).length * 3 + 4);
    expect(recorder.series('http_server_active_requests').every(({ value }) => value === 0)).to.equal(true);
  });
});
