import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PrometheusRecorder } from '../../lib/index.js';
import { MetricsServer } from '../../lib/server/metrics-server.js';
import { until } from '../until.js';
import { ask } from './ask.js';
import { exposed, held, refusal, Served } from './served.js';
import { Wire } from './wire.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A process that serves with these options until it is told to end. */
async function serving(options: string, more = '') {
  const script = `
    import { serveMetrics } from 'flowplane-metrics/serve';
    const { url } = await serveMetrics({ port: 0, keepAlive: true, ${options} });
    ${more}
    console.log(url);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: root });
  const lines = createInterface({ input: child.stdout });
  const [url] = (await once(lines, 'line')) as [string];
  const ready = async () => (await ask(url.replace('/metrics', '/-/ready'))).status;
  return { child, url, ready, lines, ended: once(child, 'exit') };
}

describe('The life of a metrics server', function () {
  this.timeout(30_000);
  const served = new Served();
  afterEach(() => served.close());

  it('is healthy and ready as soon as it listens', async () => {
    const { origin } = await served.listen();
    expect(await ask(`${origin}/-/healthy`)).to.include({ status: 200, body: 'Healthy.\n' });
    expect(await ask(`${origin}/-/ready`)).to.include({ status: 200, body: 'Ready.\n' });
    expect((await ask(`${origin}/-/ready`, { method: 'POST' })).status).to.equal(405);
    expect(await ask(`${origin}/-/ready`, { method: 'HEAD' })).to.include({ status: 200, body: '' });
  });

  describe('ends by drain()', () => {
    it('not ready at once, and gone when one more scrape was served', async () => {
      const { server, url, origin } = await served.listen();
      const drained = server.drain(20);
      expect(await ask(`${origin}/-/ready`)).to.include({ status: 503, body: 'Not ready.\n' });
      expect((await ask(`${origin}/-/healthy`)).status).to.equal(200);
      expect((await ask(url, { method: 'HEAD' })).status).to.equal(200);
      expect((await ask(url)).body).to.contain(exposed);
      await drained;
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('which must have begun after it: the numbers of an earlier one are older', async () => {
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

    it('which has not the bytes of one that began before', async () => {
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

    it('and is not over for a scrape that was refused or cut off', async () => {
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
      const last = ask(url);
      await until(() => asked() === 2);
      expect(await Promise.race([drained, 'still there'])).to.equal('still there');
      release();
      expect((await last).status).to.equal(200);
      expect(await drained).to.equal('drained');
    });

    it('or when the deadline passes', async () => {
      const { server, url } = await served.listen();
      await server.drain(0.1);
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('which close() waits for', async () => {
      const { server, url } = await served.listen();
      const drained = server.drain(20);
      const closed = server.close();
      expect((await ask(url)).status).to.equal(200);
      await Promise.all([drained, closed]);
    });
  });

  describe('ends by SIGTERM, with the option drain', () => {
    it('after one more scrape, by that signal', async () => {
      const { child, url, ready, ended } = await serving('drain: true');
      child.kill('SIGTERM');
      await until(async () => (await ready()) === 503);
      expect((await ask(url)).status).to.equal(200);
      expect(await ended).to.deep.equal([null, 'SIGTERM']);
    });

    it('after the deadline, if nobody scrapes', async () => {
      const { child, ended } = await serving('drain: { deadlineSeconds: 0.2 }');
      child.kill('SIGTERM');
      expect(await ended).to.deep.equal([null, 'SIGTERM']);
    });

    it('at once, by a second one', async () => {
      const { child, ready, ended } = await serving('drain: true');
      child.kill('SIGTERM');
      await until(async () => (await ready()) === 503);
      child.kill('SIGTERM');
      expect(await ended).to.deep.equal([null, 'SIGTERM']);
    });

    it('beside the application, which ends as it would', async () => {
      const { child, url, ready, ended, lines } = await serving(
        'drain: true',
        "process.on('SIGTERM', () => { process.exitCode = 7; console.log('the application has closed'); });",
      );
      const said = once(lines, 'line');
      child.kill('SIGTERM');
      expect(await said).to.deep.equal(['the application has closed']);
      expect(await ready()).to.equal(503);
      expect((await ask(url)).status).to.equal(200);
      expect(await ended).to.deep.equal([7, null]);
    });

    it('and without the option at once, as any process', async () => {
      const { child, ended } = await serving('');
      child.kill('SIGTERM');
      expect(await ended).to.deep.equal([null, 'SIGTERM']);
    });
  });

  describe('ends by close()', () => {
    it('twice at the same time too, and both wait for the end', async () => {
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

    it('without having begun, too, and again when it has', async () => {
      const server = new MetricsServer(new PrometheusRecorder(), { port: 0 });
      await server.close();
      const { url } = await server.listen();
      await server.close();
      await server.close();
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('and may listen again, as new', async () => {
      const { server } = await served.listen({ drain: true });
      await server.drain(0.1);
      const { url } = await server.listen();
      expect((await ask(url)).body).to.contain(exposed);
      expect((await ask(url.replace('/metrics', '/-/ready'))).status).to.equal(200);
      await server.close();
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('while it begins to listen, too', async () => {
      const server = new MetricsServer(new PrometheusRecorder(), { port: 0 });
      const [{ url }] = await Promise.all([server.listen(), server.close()]);
      expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNREFUSED');
    });

    it('and listens again once it has ended, where it is asked before', async () => {
      const { server, origin } = await served.listen();
      const closed = server.close();
      const [{ url }] = await Promise.all([server.listen(), closed]);
      expect((await ask(url)).status).to.equal(200);
      expect(new URL(url).origin).to.not.equal(origin);
    });

    it('and takes its listener for SIGTERM with it', async () => {
      const before = process.listenerCount('SIGTERM');
      const { server } = await served.listen({ drain: true });
      expect(process.listenerCount('SIGTERM')).to.equal(before + 1);
      await server.close();
      expect(process.listenerCount('SIGTERM')).to.equal(before);
    });
  });

  it('keeps no process running, with TLS, a connection that is kept and files to look after', async () => {
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

  it('begins where it could not before, once the port is free', async () => {
    const { server: other, port } = await served.listen();
    const server = new MetricsServer(new PrometheusRecorder(), { port });
    const refused = await server.listen().catch(({ code }) => code);
    await other.close();
    const { url } = await server.listen();
    expect({ refused, status: (await ask(url)).status }).to.deep.equal({ refused: 'listen_failed', status: 200 });
    await server.close();
  });

  it('is not drained before it has begun, nor until a time that is none', async () => {
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

  it('does not begin without a recorder, or with options that are none', () => {
    expect(() => new MetricsServer(undefined as never)).to.throw(
      'MetricsServer: "recorder" must be a recorder (given null). Pass for example new PrometheusRecorder().',
    );
    const options = 'the options must be an object (given null). Leave them out, or write { … }.';
    expect(() => new MetricsServer(new PrometheusRecorder(), null as never)).to.throw(options);
  });

  it('does not begin with limits that are none', async () => {
    const { message } = await refusal({
      maxConcurrentScrapes: 0,
      maxConnections: 1.5,
      requestTimeoutSeconds: -1,
      responseTimeoutSeconds: Number.NaN,
      drain: { deadlineSeconds: 0 },
      endpointMetrics: 'no' as never,
    });
    const named = [...message.matchAll(/^ {2}- "([^"]+)"/gm)].map(([, name]) => name);
    expect(named).to.have.members([
      ...['maxConcurrentScrapes', 'maxConnections', 'requestTimeoutSeconds', 'responseTimeoutSeconds'],
      ...['drain', 'endpointMetrics'],
    ]);
  });
});
