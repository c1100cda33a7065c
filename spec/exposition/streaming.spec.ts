import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { MetricsServer } from '../../lib/adapters/koa/index.js';
import {
  defineCounter,
  defineGauge,
  type ExposedFamily,
  PrometheusRecorder,
  type Scrapable,
  scrape,
} from '../../lib/index.js';
import { NumberStore } from '../../lib/store/numbers.js';
import { until } from '../until.js';

const visits = defineCounter({ name: 'visits_total', help: 'Visits', labels: { page: {}, user: {}, code: {} } });
const users = 330;
const codes = 100;

/** A recorder with so many series that they are rendered in several turns. */
function large(): PrometheusRecorder {
  const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 1_000_000, maxSamples: 1_000_000 });
  for (let user = 0; user < users; user++) {
    for (let code = 0; code < codes; code++) recorder.counter(visits).inc({ page: 'start', user, code });
  }
  return recorder;
}

const samplesIn = (exposition: string): number => exposition.match(/^visits_total\{/gm)?.length ?? 0;

describe('A large scrape', () => {
  let recorder: PrometheusRecorder;

  before(() => {
    recorder = large();
  });

  it('comes in chunks that together equal a scrape in one piece', async () => {
    const digests = [];
    for (let i = 0; i < 2; i++) {
      const { body } = await scrape(recorder, { method: 'GET' });
      const hash = createHash('sha256');
      let chunks = 0;
      for await (const chunk of body) {
        chunks++;
        expect(chunk.length).to.be.below(256 * 1024);
        hash.update(chunk);
      }
      expect(chunks).to.be.above(20);
      digests.push(hash.digest('hex'));
    }
    expect(digests[0]).to.equal(digests[1]);
  });

  it('lets the event loop turn while it is rendered', async () => {
    const { body } = await scrape(recorder, { method: 'GET' });
    let turns = 0;
    let isRead = false;
    const count = (): void => {
      turns++;
      if (!isRead) setImmediate(count);
    };
    setImmediate(count);
    await buffer(body);
    isRead = true;
    expect(turns).to.be.above(2);
  });

  for (const acceptEncoding of ['identity', 'gzip']) {
    it(`frees the numbers of removed series where nobody reads its body (${acceptEncoding})`, async () => {
      const unread = large();
      await scrape(unread, { method: 'GET', acceptEncoding });
      let freed = 0;
      const { free } = NumberStore.prototype;
      NumberStore.prototype.free = function (...given): void {
        freed++;
        free.apply(this, given);
      };
      try {
        unread.remove(visits, { user: 0 });
        expect(freed, 'while the body may be read').to.equal(0);
        for (let turns = 0; freed < codes; turns++) {
          expect(turns).to.be.below(100);
          await turn();
          global.gc?.();
        }
      } finally {
        NumberStore.prototype.free = free;
      }
    });
  }

  it('renders no further than its reader reads', async () => {
    const { body } = await scrape(recorder, { method: 'GET' });
    const reading = body[Symbol.asyncIterator]();
    await reading.next();
    const later = { page: 'read later', user: 0, code: 0 };
    recorder.counter(visits).inc(later);
    expect(await text(reading as AsyncIterableIterator<Uint8Array>)).to.contain(
      'visits_total{page="read later",user="0",code="0"} 1\n',
    );
    recorder.remove(visits, later);
  });

  it('contains every series once while others are created, observed and removed', async () => {
    const { body } = await scrape(recorder, { method: 'GET' });
    let seen = '';
    let round = 0;
    for await (const chunk of body) {
      seen += Buffer.from(chunk).toString();
      recorder.counter(visits).inc({ page: 'start', user: round % users, code: 7 });
      recorder.counter(visits).inc({ page: 'born', user: round++, code: 0 });
      recorder.remove(visits, { page: 'born', user: round - 2 });
    }
    const lines = seen.split('\n').filter((line) => line.startsWith('visits_total{page="start"'));
    expect(lines).to.have.length(users * codes);
    expect(new Set(lines.map((line) => line.slice(0, line.indexOf('}')))).size).to.equal(users * codes);
    recorder.remove(visits, { page: 'born' });
  });

  it('contains no series twice or misplaced when series are removed and created again meanwhile', async () => {
    const gauge = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: {} } });
    const handle = recorder.gauge(gauge);
    const queues = 12_000;
    const fill = (from: number): void => {
      for (let queue = 0; queue < queues; queue++) handle.set({ queue: from + queue }, from + queue);
    };
    fill(0);
    const { body } = await scrape(recorder, { method: 'GET', names: ['depth'] });
    let seen = '';
    for await (const chunk of body) {
      seen += Buffer.from(chunk).toString();
      recorder.remove(gauge, {});
      fill(queues);
      fill(0);
    }
    const lines = seen.split('\n').filter((line) => line.startsWith('depth{'));
    expect(new Set(lines).size).to.equal(lines.length);
    expect(lines).to.have.length(queues);
    // Why no assertion per line: thousands of them take seconds.
    expect(lines.filter((line) => !/queue="(\d+)"} \1$/.test(line))).to.deep.equal([]);
    recorder.remove(gauge, {});
  });

  it('compresses its chunks while it is rendered', async () => {
    const { headers, body } = await scrape(recorder, { method: 'GET', acceptEncoding: 'gzip' });
    expect(headers['Content-Encoding']).to.equal('gzip');
    expect(samplesIn(gunzipSync(await buffer(body)).toString())).to.equal(users * codes);
  });

  for (const acceptEncoding of ['identity', 'gzip']) {
    for (const chunks of [0, 1, 3]) {
      it(`stops once its reader leaves after ${chunks} chunks (${acceptEncoding})`, async () => {
        let left = 0;
        let written = 0;
        const endless: ExposedFamily = {
          name: 'endless',
          type: 'gauge',
          help: 'Endless',
          *write(samples) {
            try {
              for (;;) {
                samples.label(0, 'id', createHash('sha256').update(String(written)).digest('base64'));
                samples.sample(1, '', written++);
                yield;
              }
            } finally {
              left++;
            }
          },
        };
        const scrapable = { exposedFamilies: async () => [endless] };
        const { body } = await scrape(scrapable, { method: 'GET', acceptEncoding });
        const reading = body[Symbol.asyncIterator]();
        for (let i = 0; i < chunks; i++) await reading.next();
        const seen: number[] = [];
        // Until it waits for somebody to read on.
        await until(() => seen.push(written) > 1 && seen.at(-1) === seen.at(-2));
        // Why read on where nothing was read: a loop that is left has begun.
        if (chunks === 0) await reading.next();
        await reading.return?.();
        await until(() => left === 1 || written === 0);
        const before = written;
        await new Promise((resolve) => setImmediate(resolve));
        expect(written).to.equal(before);
      });
    }
  }

  it('ends when the scraper disconnects midway, and the next scrape is complete', async () => {
    const server = new MetricsServer(recorder, { port: 0, processMetrics: false });
    const { url } = await server.listen();
    try {
      const request = get(url);
      const [response] = await once(request, 'response');
      await once(response, 'data');
      request.destroy();
      expect(samplesIn(await (await fetch(url)).text())).to.equal(users * codes);
    } finally {
      await server.close();
    }
  });
});

describe('A format that throws', () => {
  /** @param lines so many are written before. */
  const breaking = (lines: number): Scrapable => ({
    exposedFamilies: async () => [
      {
        name: 'broken',
        type: 'gauge',
        help: 'Broken',
        *write(samples) {
          for (let i = 0; i < lines; i++) {
            samples.value(0, i);
            yield;
          }
          throw new Error('as asked for');
        },
      },
    ],
  });

  for (const acceptEncoding of ['identity', 'gzip']) {
    it(`in a small answer makes the status 500 (${acceptEncoding})`, async () => {
      const { status, body } = await scrape(breaking(3), { method: 'GET', acceptEncoding });
      expect({ status, text: await text(body) }).to.deep.equal({
        status: 500,
        text: 'The metrics could not be collected.\n',
      });
    });

    it(`in a large answer leaves the process alone, and gives the error to who reads it later (${acceptEncoding})`, async () => {
      const { body } = await scrape(breaking(100_000), { method: 'GET', acceptEncoding });
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      const failure = await text(body).catch((error) => error);
      expect(failure).to.be.an('error').with.property('message', 'as asked for');
    });
  }
});

describe('A scrape of up to 256 KiB', () => {
  const small = (): PrometheusRecorder => {
    const recorder = new PrometheusRecorder();
    for (let user = 0; user < 1000; user++) recorder.counter(visits).inc({ page: 'start', user, code: 200 });
    return recorder;
  };

  for (const acceptEncoding of ['identity', 'gzip']) {
    it(`has one chunk, whose length is the Content-Length, and no methods of a stream (${acceptEncoding})`, async () => {
      const { headers, body } = await scrape(small(), { method: 'GET', acceptEncoding });
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      expect(chunks).to.have.length(1);
      expect(headers['Content-Length']).to.equal(String(chunks[0]?.length));
      const [whole = new Uint8Array()] = chunks;
      const plain = acceptEncoding === 'gzip' ? gunzipSync(whole) : Buffer.from(whole);
      expect(samplesIn(plain.toString())).to.equal(1000);
      expect(body).not.to.have.property('pipe');
    });
  }

  it('may be read twice, and is the same bytes as a larger one', async () => {
    const { body } = await scrape(small(), { method: 'GET', names: ['visits_total'] });
    const recorder = large();
    const { body: all } = await scrape(recorder, { method: 'GET', names: ['visits_total'] });
    expect((await text(all)).split('\n').slice(0, 3)).to.deep.equal(
      (await text(body)).split('\n').slice(0, 2).concat('visits_total{page="start",user="0",code="0"} 1'),
    );
    expect(await text(body)).to.have.length.above(1000);
  });

  it('lets the event loop turn while it is rendered slowly, as the first scrape of a process is', async () => {
    let turns = 0;
    let isRendered = false;
    const slow: ExposedFamily = {
      name: 'slow',
      type: 'gauge',
      help: 'Slow',
      *write(samples) {
        for (let i = 0; i < 50; i++) {
          const until = performance.now() + 1;
          while (performance.now() < until);
          for (let n = 0; n < 100; n++) samples.value(0, i);
          yield;
        }
      },
    };
    const count = (): void => {
      turns++;
      if (!isRendered) setImmediate(count);
    };
    setImmediate(count);
    const { body } = await scrape({ exposedFamilies: async () => [slow] }, { method: 'GET' });
    isRendered = true;
    expect(turns).to.be.above(2);
    expect(await text(body)).to.contain('slow 49\n');
  });

  it('has no Content-Length where the answer is larger', async () => {
    const { headers, body } = await scrape(large(), { method: 'GET' });
    expect(headers).not.to.have.property('Content-Length');
    for await (const _ of body) break;
  });
});
