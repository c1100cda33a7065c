import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { defineGauge, PrometheusRecorder } from '../../lib/index.js';
import { defaultLimits } from '../../lib/server/config/options.js';
import { defaultDrainSeconds } from '../../lib/server/drain.js';
import { MetricsServer } from '../../lib/server/metrics-server.js';
import { until } from '../until.js';
import { ask } from './ask.js';
import { exposed, held, refusal, Served, withSeries } from './served.js';
import { Wire } from './wire.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('A metrics server', () => {
  const served = new Served();
  afterEach(() => served.close());

  it('answers as healthy and ready as soon as it listens', async () => {
    const { origin } = await served.listen();
    expect(await ask(`${origin}/-/healthy`)).to.include({ status: 200, body: 'Healthy.\n' });
    expect(await ask(`${origin}/-/ready`)).to.include({ status: 200, body: 'Ready.\n' });
    expect((await ask(`${origin}/-/ready`, { method: 'POST' })).status).to.equal(405);
    expect(await ask(`${origin}/-/ready`, { method: 'HEAD' })).to.include({ status: 200, body: '' });
  });

  describe('that drains', () => {
    it('answers as not ready at once, and closes after one more scrape', async () => {
      const { server, url, origin } = await served.listen();
      const drained = server.drain(20);
      expect(await ask(`${origin}/-/ready`)).to.include({ status: 503, body: 'Not ready.\n' });
      expect((await ask(`${origin}/-/healthy`)).status).to.equal(200);
      expect((await ask(url, { method: 'HEAD' })).status).to.equal(200);
      expect((await ask(url)).body).to.contain(exposed);
      await drained;
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('waits for a scrape that began after drain(), because an earlier one has older numbers', async () => {
      const { scrapable, release, asked } = held();
      const { server, url } = await served.serve(scrapable);
      const early = ask(url);
      await until(() => asked() === 1);
      let isDrained = false;
      const drained = server.drain(20).then(() => {
        isDrained = true;
      });
      release();
      expect((await early).status).to.equal(200);
      const late = ask(url);
      await until(() => asked() === 2);
      expect(isDrained).to.equal(false);
      release();
      expect((await late).status).to.equal(200);
      await drained;
    });

    it('does not share the rendering of a scrape that began before drain()', async () => {
      const { scrapable, release, asked } = held();
      const { server, url } = await served.serve(scrapable);
      const early = ask(url);
      await until(() => asked() === 1);
      const drained = server.drain(20);
      const late = ask(url);
      await until(() => asked() === 2);
      release();
      expect([(await early).status, (await late).status]).to.deep.equal([200, 200]);
      await drained;
    });

    it('keeps waiting after a scrape that was refused or cut off', async () => {
      const { scrapable, release, asked } = held();
      const { server, url } = await served.serve(scrapable, { maxConcurrentScrapes: 1 });
      const drained = server.drain(20).then(() => 'drained');
      const wire = await Wire.open(Number(new URL(url).port));
      wire.head('GET /metrics HTTP/1.1', 'Host: x');
      await until(() => asked() === 1);
      expect((await ask(url)).status).to.equal(503);
      wire.socket.destroy();
      // What is not a scrape of its own, but takes the place of one, tells when the place is free again.
      await until(async () => (await ask(url, { method: 'POST' })).status === 405);
      release();
      // Why both: the last scrape must not share the numbers of the first, which a thread gets before it answers a reload.
      await setImmediate();
      await server.reload();
      const last = ask(url);
      await until(() => asked() === 2);
      expect(await Promise.race([drained, 'still there'])).to.equal('still there');
      release();
      expect((await last).status).to.equal(200);
      expect(await drained).to.equal('drained');
    });

    it('closes when the deadline passes', async () => {
      const { server, url } = await served.listen();
      await server.drain(0.1);
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('lets close() wait for the end of the drain', async () => {
      const { server, url } = await served.listen();
      const drained = server.drain(20);
      const closed = server.close();
      expect((await ask(url)).status).to.equal(200);
      await Promise.all([drained, closed]);
    });
  });

  describe('that closes', () => {
    it('waits for the end in both of two concurrent close() calls', async () => {
      const { scrapable, release, asked } = held();
      const { server, url } = await served.serve(scrapable);
      const running = ask(url);
      await until(() => asked() === 1);
      let isReleased = false;
      const closed = [1, 2].map(() => server.close().then(() => isReleased));
      isReleased = true;
      release();
      expect(await Promise.all(closed)).to.deep.equal([true, true]);
      expect((await running).status).to.equal(200);
    });

    it('accepts close() before listen(), and twice after it', async () => {
      const server = new MetricsServer(new PrometheusRecorder(), { port: 0 });
      await server.close();
      const { url } = await server.listen();
      await server.close();
      await server.close();
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    const slow: Readonly<Record<string, (url: string) => unknown>> = {
      'a client that reads no answer': async (url) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
        socket.on('error', () => undefined).write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      },
      'a collector that hangs': (url) => ask(`${url}?name[]=hanging`).catch(() => undefined),
    };
    for (const [what, hold] of Object.entries(slow)) {
      // Why so many: no buffer of the operating system can hold such an answer.
      it(`closes within the configured time beside ${what}`, async () => {
        const recorder = withSeries(what.startsWith('a client') ? 20_000 : 1, 'x'.repeat(700), {
          onError: () => undefined,
        });
        const hanging = defineGauge({ name: 'hanging', help: 'Hangs' });
        recorder.gauge(hanging).collect(() => new Promise(() => undefined));
        const options = { closeTimeoutSeconds: 0.1, maxConcurrentScrapes: 1 };
        const { server, url } = await served.serve(recorder, options);
        hold(url);
        await until(async () => (await ask(url)).status === 503);
        await server.close();
        expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
      });
    }

    it('ends a whole drain within the 30 seconds of Kubernetes by default', () => {
      expect(defaultDrainSeconds + defaultLimits.closeTimeoutSeconds).to.be.below(30);
    });

    it('listens again after drain(), as a new server', async () => {
      const { server } = await served.listen({ drain: true });
      await server.drain(0.1);
      const { url } = await server.listen();
      expect((await ask(url)).body).to.contain(exposed);
      expect((await ask(url.replace('/metrics', '/-/ready'))).status).to.equal(200);
      await server.close();
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('closes when close() is called while it begins to listen', async () => {
      const server = new MetricsServer(new PrometheusRecorder(), { port: 0 });
      const [{ url }] = await Promise.all([server.listen(), server.close()]);
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('listens again after the end when listen() is called while it closes', async () => {
      const { server, origin } = await served.listen();
      const closed = server.close();
      const [{ url }] = await Promise.all([server.listen(), closed]);
      expect((await ask(url)).status).to.equal(200);
      expect(new URL(url).origin).to.not.equal(origin);
    });
  });

  it('lets the process exit, with a kept connection and a watched file', async () => {
    const script = `
      import { writeFileSync } from 'node:fs';
      import { serveMetrics } from 'flowplane-metrics/serve';
      const { url } = await serveMetrics({ port: 0, webConfigFile: '/dev/null' });
      const answer = await fetch(url);
      await answer.text();
      console.log(answer.status);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
    });
    expect(stdout).to.equal('200\n');
  });

  it('listens on a port that was in use before, once the port is free', async () => {
    const { server: other, port } = await served.listen();
    const server = new MetricsServer(new PrometheusRecorder(), { port });
    const refused = await server.listen().catch(({ code }) => code);
    await other.close();
    const { url } = await server.listen();
    expect({ refused, status: (await ask(url)).status }).to.deep.equal({ refused: 'listen_failed', status: 200 });
    await server.close();
  });

  it('ignores drain() before listen(), and rejects a deadline that is no time', async () => {
    const server = new MetricsServer(new PrometheusRecorder(), { port: 0 });
    await server.drain();
    const { url } = await server.listen();
    expect((await ask(url.replace('/metrics', '/-/ready'))).status).to.equal(200);
    for (const seconds of [Number.NaN, Infinity, 0, '5' as never]) {
      const error = await server.drain(seconds).catch((reason: unknown) => reason);
      expect(error).to.have.property('message').that.contains('"deadlineSeconds" must be a number of seconds above 0');
    }
    expect((await ask(url)).status).to.equal(200);
    await server.close();
  });

  it('throws when the recorder is missing or the options are no object', () => {
    expect(() => new MetricsServer(undefined as never)).to.throw(
      'MetricsServer: "recorder" must be a recorder (given null). Pass for example new PrometheusRecorder().',
    );
    const options = 'the options must be an object (given null). Leave them out, or write { … }.';
    expect(() => new MetricsServer(new PrometheusRecorder(), null as never)).to.throw(options);
  });

  it('rejects limits that are not positive numbers', async () => {
    const { message } = await refusal({
      maxConcurrentScrapes: 0,
      closeTimeoutSeconds: 0,
      maxConnections: 1.5,
      requestTimeoutSeconds: -1,
      responseTimeoutSeconds: Number.NaN,
      drain: { deadlineSeconds: 0 },
      endpointMetrics: 'no' as never,
    });
    const named = [...message.matchAll(/^ {2}- "([^"]+)"/gm)].map(([, name]) => name);
    expect(named).to.have.members([
      ...['maxConcurrentScrapes', 'maxConnections', 'requestTimeoutSeconds', 'responseTimeoutSeconds'],
      'closeTimeoutSeconds',
      ...['drain', 'endpointMetrics'],
    ]);
  });
});
