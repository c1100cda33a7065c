import { request as httpRequest, ServerResponse } from 'node:http';
import { expect } from 'chai';
import express, { type Express, type RequestHandler } from 'express';
import { httpMetrics } from '../../../lib/adapters/express/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { serveApplication } from '../../http/contract-application.js';
import { active, size } from '../../http/measured-application.js';
import { until } from '../../until.js';
import { express4 } from './express-4.js';

/** An answer of 10 bytes, by all the ways in which Node takes a body. */
const answers: Readonly<Record<string, RequestHandler>> = {
  send: (_request, response) => void response.send('ten  bytes'),
  end: (_request, response) => void response.end('ten  bytes'),
  write: (_request, response) => {
    response.write('ten ');
    response.write(Buffer.from(' byt'));
    response.end('6573', 'hex');
  },
};

for (const [name, framework] of [
  ['Express 5', express],
  ['Express 4', express4],
] as const) {
  describe(`The size of answers of ${name}`, () => {
    let recorder: MemoryRecorder;
    let application: Express;

    beforeEach(() => {
      recorder = new MemoryRecorder({ strict: true });
      application = framework().use(httpMetrics(recorder));
    });

    const read = (port: number, path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest({ host: '127.0.0.1', port, path, agent: false }, async (response) => {
          let body = '';
          for await (const chunk of response) body += chunk;
          resolve(body);
        });
        sent.on('error', reject).end();
      });

    /** Asks for all paths at once, and waits for the end of the answers. */
    async function askAll(served: Express, ...paths: readonly string[]): Promise<string[]> {
      const { port, close } = await serveApplication(served);
      const bodies = await Promise.all(paths.map((path) => read(port, path)));
      await until(() => recorder.series(active).every(({ value }) => value === 0));
      await close();
      return bodies;
    }

    const ask = async (served: Express, path: string): Promise<string> => (await askAll(served, path)).join();

    const sizes = (): number[] => recorder.series(`${size}_sum`).map(({ value }) => value);

    for (const [way, answer] of Object.entries(answers)) {
      it(`has all bytes of a body by ${way}(), in an application that a router was given as well`, async () => {
        const inner = framework().get('/answer', answer);
        application.use(framework.Router().use('/inner', inner)).get('/answer', answer);
        expect(await ask(application, '/answer')).to.equal('ten  bytes');
        expect(await ask(application, '/inner/answer')).to.equal('ten  bytes');
        expect(sizes()).to.deep.equal([10, 10]);
      });
    }

    it('has the bytes once in each recorder where two measure, and none of an application that nobody measures', async () => {
      const second = new MemoryRecorder();
      application.use(httpMetrics(second), httpMetrics(recorder)).get('/answer', answers['write'] as RequestHandler);
      await ask(application, '/answer');
      await ask(framework().get('/answer', answers['write'] as RequestHandler), '/answer');
      expect(sizes()).to.deep.equal([10]);
      expect(second.series(`${size}_sum`).map(({ value }) => value)).to.deep.equal([10]);
    });

    it('has the bytes of each of two answers that are written in turns', async () => {
      const ends: (() => void)[] = [];
      const answer =
        (text: string): RequestHandler =>
        (_request, response) => {
          response.write(text);
          ends.push(() => response.end(text));
          if (ends.length === 2) for (const end of ends) end();
        };
      application.get('/ten', answer('ten  bytes')).get('/five', answer('bytes'));
      expect(await askAll(application, '/ten', '/five')).to.deep.equal(['ten  bytesten  bytes', 'bytesbytes']);
      const byRoute = recorder.series(`${size}_sum`).map(({ labels, value }) => [labels['http_route'], value]);
      expect(Object.fromEntries(byRoute)).to.deep.equal({ '/ten': 20, '/five': 10 });
    });

    it('has the bytes that a later middleware makes of a body, such as compression', async () => {
      application.use((_request, response, next) => {
        const { end } = response;
        response.end = ((body: string) => end.call(response, `${body}${body}`, 'utf8')) as typeof response.end;
        next();
      });
      application.get('/answer', answers['end'] as RequestHandler);
      expect(await ask(application, '/answer')).to.have.length(20);
      expect(sizes()).to.deep.equal([20]);
    });

    it('has the bytes once where an earlier middleware has replaced write() and end()', async () => {
      await ask(application, '/unknown');
      recorder = new MemoryRecorder({ strict: true });
      const served = framework().use((_request, response, next) => {
        const { write, end } = response;
        response.write = ((...given: unknown[]) => write.apply(response, given as never)) as typeof write;
        response.end = ((...given: unknown[]) => end.apply(response, given as never)) as typeof end;
        next();
      });
      served.use(httpMetrics(recorder)).get('/answer', answers['write'] as RequestHandler);
      await ask(served, '/answer');
      expect(sizes()).to.deep.equal([10]);
    });

    it('lets the methods of Node run that somebody puts in their place later', async () => {
      application.get('/answer', answers['end'] as RequestHandler);
      await ask(application, '/answer');
      const { end } = ServerResponse.prototype;
      const called: unknown[] = [];
      ServerResponse.prototype.end = function (this: ServerResponse, ...given: unknown[]) {
        called.push(given[0]);
        return end.apply(this, given as never);
      } as typeof end;
      try {
        await ask(application, '/answer');
      } finally {
        ServerResponse.prototype.end = end;
      }
      expect(called).to.include('ten  bytes');
    });
  });
}
