import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { defineCounter, handleFetchScrape, PrometheusRecorder, type Scrapable } from '../../lib/index.js';

const visits = defineCounter({ name: 'visits_total', help: 'Visits' });
const url = 'http://localhost/metrics';

describe('handleFetchScrape()', () => {
  let recorder: PrometheusRecorder;

  beforeEach(() => {
    recorder = new PrometheusRecorder();
    recorder.counter(visits).inc({}, 7);
  });

  it('answers a request of Fetch with the metrics, in the format that it asks for', async () => {
    const text = await handleFetchScrape(recorder, new Request(url));
    expect(text.status).to.equal(200);
    expect(text.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(await text.text()).to.contain('\nvisits_total 7\n');
    const openMetrics = await handleFetchScrape(
      recorder,
      new Request(url, { headers: { Accept: 'application/openmetrics-text' } }),
    );
    expect(await openMetrics.text()).to.match(/# EOF\n$/);
  });

  it('restricts the response to the families that the query names', async () => {
    const response = await handleFetchScrape(recorder, new Request(`${url}?name[]=visits_total`));
    expect((await response.text()).match(/^# TYPE .*/gm)).to.deep.equal(['# TYPE visits_total counter']);
  });

  it('compresses the body where the request accepts gzip', async () => {
    const request = new Request(url, { headers: { 'Accept-Encoding': 'gzip' } });
    const response = await handleFetchScrape(recorder, request);
    expect(response.headers.get('content-encoding')).to.equal('gzip');
    expect(gunzipSync(await response.arrayBuffer()).toString()).to.contain('visits_total 7');
  });

  it('leaves compression to Next, which sends a response without its Content-Encoding', async () => {
    process.env['NEXT_RUNTIME'] = 'nodejs';
    try {
      const request = new Request(url, { headers: { 'accept-encoding': 'gzip' } });
      const response = await handleFetchScrape(recorder, request);
      expect(response.headers.get('content-encoding')).to.equal(null);
      expect(await response.text()).to.contain('visits_total');
    } finally {
      delete process.env['NEXT_RUNTIME'];
    }
  });

  it('forbids every cache between it and Prometheus to keep a response', async () => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const response = await handleFetchScrape(recorder, new Request(url, { method }));
      expect(response.headers.get('cache-control'), method).to.equal('no-store');
      await response.body?.cancel();
    }
  });

  it('answers HEAD without a body, and other methods with 405', async () => {
    const head = await handleFetchScrape(recorder, new Request(url, { method: 'HEAD' }));
    expect({ status: head.status, body: head.body }).to.deep.equal({ status: 200, body: null });
    const post = await handleFetchScrape(recorder, new Request(url, { method: 'POST' }));
    expect({ status: post.status, allow: post.headers.get('allow') }).to.deep.equal({
      status: 405,
      allow: 'GET, HEAD',
    });
  });

  it('stops the rendering when the reader cancels the body', async () => {
    let isStopped = false;
    const endless: Scrapable = {
      exposedFamilies: async () => [
        {
          name: 'endless',
          type: 'gauge',
          help: 'Endless',
          *write(writer) {
            try {
              for (let i = 0; ; i++) {
                writer.sample(0, '', i);
                yield;
              }
            } finally {
              isStopped = true;
            }
          },
        },
      ],
    };
    const response = await handleFetchScrape(endless, new Request(url));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await new Promise(setImmediate);
    expect(isStopped).to.equal(true);
  });

  for (const encoding of ['identity', 'gzip']) {
    it(`lets the client go at any moment of the response, and the process lives (${encoding})`, async () => {
      const jobs = recorder.counter(
        defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { id: { limit: 10_000 } }, maxSeries: 10_000 }),
      );
      for (let i = 0; i < 5000; i++) jobs.inc({ id: `a long label value of job ${i}` });
      for (const chunks of [0, 1, 2]) {
        for (const turns of [0, 1, 2, 3]) {
          const request = new Request(url, { headers: { 'Accept-Encoding': encoding } });
          const reader = (await handleFetchScrape(recorder, request)).body?.getReader();
          for (let i = 0; i < chunks; i++) {
            await reader?.read();
            for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          }
          // Why not awaited: the client goes in the moment in which it asks for more.
          const last = reader?.read();
          await reader?.cancel();
          await last;
          // An error that nothing catches fails this test.
          await new Promise(setImmediate);
        }
      }
    });
  }
});
