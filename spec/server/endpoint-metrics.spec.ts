import { expect } from 'chai';
import { defineCounter, defineGauge, PrometheusRecorder } from '../../lib/index.js';
import { listSamples, protobufType, readMessages } from '../exposition/read-protobuf.js';
import { until } from '../until.js';
import { ask, bearer } from './ask.js';
import { exposed, Served, sampleIn } from './served.js';

const token = '0123456789abcdef';

describe("A metrics server's own metrics", () => {
  const served = new Served();
  afterEach(() => served.close());

  const read = async (url: string, headers = {}) => {
    const { body } = await ask(url, { headers });
    return (sample: string) => sampleIn(body, `flowplane_metrics_${sample}`);
  };

  it('have every refusal reason at 0 from the start, so that rate() counts the first refusal', async () => {
    const { url } = await served.listen();
    const sample = await ask(url);
    const reasons = [...sample.body.matchAll(/^flowplane_metrics_requests_refused_total\{reason="(\w+)"\} 0$/gm)];
    expect(reasons.map(([, reason]) => reason)).to.have.members([
      ...['address', 'client_certificate', 'no_credentials', 'wrong_credentials', 'password_queue', 'rate'],
      ...['connections', 'pipelining', 'concurrency', 'malformed', 'timeout', 'header_size'],
    ]);
  });

  it('have a message each in Protocol Buffers, with their types', async () => {
    const { url } = await served.listen();
    await ask(url);
    const response = await fetch(url, { headers: { accept: protobufType, connection: 'close' } });
    const messages = readMessages(new Uint8Array(await response.arrayBuffer()));
    const typeOf = (name: string) => messages.find((one) => one.name === `flowplane_metrics_${name}`)?.type;
    expect(['scrapes_total', 'scrape_duration_seconds', 'scrapes_in_flight'].map(typeOf)).to.deep.equal([
      'COUNTER',
      'HISTOGRAM',
      'GAUGE',
    ]);
    const labels = { code: '200', format: 'text' };
    expect(listSamples(messages)).to.deep.include({ name: 'flowplane_metrics_scrapes_total', labels, value: 1 });
  });

  it('count scrapes by code and format, and observe their durations and sizes', async () => {
    const { url } = await served.listen();
    const { body } = await ask(url);
    await ask(url, { headers: { accept: 'application/openmetrics-text' } });
    await ask(url, { method: 'POST' });
    await until(async () => (await read(url))('scrapes_total{code="405",format="none"}') === 1);
    const now = await read(url);
    expect(now('scrapes_total{code="200",format="openmetrics"}')).to.equal(1);
    expect(now('scrapes_total{code="200",format="text"}')).to.be.above(1);
    expect(now('scrape_duration_seconds_count')).to.equal(now('scrapes_total{code="200",format="text"}') + 2);
    expect(now('scrape_size_bytes_sum')).to.be.above(body.length * 2);
    expect(now('scrapes_in_flight')).to.equal(1);
  });

  it('show no histogram of scrapes before the first one has ended', async () => {
    const { url } = await served.listen();
    const histogram = /^flowplane_metrics_scrape_(?:duration_seconds|size_bytes)/m;
    expect((await ask(url)).body).to.not.match(histogram);
    await until(async () => histogram.test((await ask(url)).body));
    const now = await read(url);
    expect(now('scrape_duration_seconds_bucket{le="10"}')).to.be.above(0);
    expect(now('scrape_size_bytes_bucket{le="+Inf"}')).to.be.above(0);
  });

  it('count the requests that were refused, by reason', async () => {
    const { url } = await served.listen({ bearerTokens: [token] });
    await ask(url);
    await ask(url, { headers: bearer('fedcba9876543210') });
    await ask(url, { headers: bearer('fedcba9876543210') });
    const now = await read(url, bearer(token));
    expect(now('requests_refused_total{reason="no_credentials"}')).to.equal(1);
    expect(now('requests_refused_total{reason="wrong_credentials"}')).to.equal(2);
    expect(now('scrapes_total{code="401",format="none"}')).to.equal(0);
  });

  it('show whether each collector could compute its values', async () => {
    const recorder = new PrometheusRecorder({ onError: () => undefined });
    let isBroken = false;
    const rooms = defineGauge({ name: 'rooms', help: 'Rooms that are open' });
    recorder.gauge(rooms).collect(() => {
      if (isBroken) throw new Error('no database');
      return 3;
    });
    const { url } = await served.serve(recorder);
    expect((await read(url))('collector_up{metric="rooms"}')).to.equal(1);
    isBroken = true;
    expect((await ask(url)).body).to.contain('flowplane_metrics_collector_up{metric="rooms"} 0\n');
    isBroken = false;
    expect((await read(url))('collector_up{metric="rooms"}')).to.equal(1);
  });

  it('change no other part of the exposition, and can be switched off', async () => {
    const { url } = await served.listen({ endpointMetrics: false });
    const [first, second] = [await ask(url), await ask(url)];
    expect(first.body).to.equal(second.body);
    expect(first.body).to.contain(exposed).and.not.contain('flowplane_metrics_scrape');
  });

  it('give way to a family of the same name', async () => {
    const recorder = new PrometheusRecorder();
    const taken = defineCounter({ name: 'flowplane_metrics_scrapes_total', help: 'Somebody else has it' });
    recorder.counter(taken).inc({}, 5);
    const { url } = await served.serve(recorder);
    const { body } = await ask(url);
    expect(body.match(/^# TYPE flowplane_metrics_scrapes_total /gm)).to.have.length(1);
    expect(body).to.contain('flowplane_metrics_scrapes_total 5\n');
  });
});
