import { expect } from 'chai';
import { type Advice, defineCounter, PrometheusRecorder, type Scrapable } from '../../lib/index.js';
import { OtlpExporter, type OtlpOptions } from '../../lib/otlp/index.js';
import { type Answering, answers, FaultyReceiver } from '../sending/faulty-receiver.js';
import { until } from '../until.js';
import { partialSuccess } from './partial-success.js';
import { readOtlp } from './read-otlp.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs' });

/** What a receiver does that does not take a request. */
const refusing: Readonly<Record<string, Answering>> = {
  hangs: () => undefined,
  'resets the connection': (response) => void response.socket?.resetAndDestroy(),
  'answers 400': answers(400, {}, 'bad'),
  'answers 413': answers(413),
  'answers 429 with Retry-After in seconds': answers(429, { 'Retry-After': '120' }),
  'answers 429 with Retry-After as a date': (response) =>
    response.writeHead(429, { 'Retry-After': new Date(Date.now() + 120e3).toUTCString() }).end(),
  'answers 429 with a Retry-After that is none': answers(429, { 'Retry-After': 'soon' }),
  'answers 502': answers(502),
  'answers 503': answers(503),
  'answers 504': answers(504),
  'answers what is not HTTP': (response) => void response.socket?.end('SSH-2.0-x\r\n'),
};

/** What a receiver does that has taken a request. */
const taking: Readonly<Record<string, Answering>> = {
  'takes a part': answers(200, {}, partialSuccess(1, 'no')),
  'answers garbage': answers(200, { 'Content-Type': 'application/x-protobuf' }, Buffer.from([0xff, 0xff, 0xff])),
  'begins an answer and does not end it': (response) => void response.writeHead(200).write('x'),
  'sends a slow answer without an end': (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  },
  'answers 100 MB': answers(200, {}, Buffer.alloc(100 * 1024 * 1024, 'x')),
};

const faults = { ...refusing, ...taking };

describe('The shutdown of an OtlpExporter', () => {
  const receiver = new FaultyReceiver();
  let advice: Advice[] = [];

  before(() => receiver.start());
  after(() => receiver.stop());
  beforeEach(() => {
    advice = [];
  });

  const exporting = (recorder: Scrapable, options: OtlpOptions = {}): OtlpExporter =>
    new OtlpExporter(recorder, {
      endpoint: receiver.url,
      onAdvice: (one: Advice) => advice.push(one),
      ...{ shutdownTimeoutSeconds: 0.1, timeoutSeconds: 5, announce: false },
      ...options,
    });

  const counted = (): PrometheusRecorder => {
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({}, 7);
    return recorder;
  };

  for (const [what, fault] of Object.entries(faults)) {
    it(`ends in the midst of an export to a receiver that ${what}, and sends nothing after it`, async () => {
      receiver.reset(fault);
      const exporter = exporting(counted(), { temporality: 'delta' }).start();
      const flushed = exporter.flush();
      await until(() => receiver.received.length > 0);
      const started = performance.now();
      const [first, last] = await Promise.all([flushed, exporter.shutdown()]);
      // Why so long: the machine may be busy. An export alone would take 30 seconds.
      expect(performance.now() - started).to.be.below(15_000);
      for (const { result } of [first, last]) expect(result).to.be.oneOf(['success', 'partial', 'failed']);
      const count = receiver.received.length;
      expect(await exporter.flush()).to.deep.equal({ result: 'disabled', rejectedPoints: 0 });
      expect(await exporter.shutdown()).to.equal(last);
      expect(receiver.received).to.have.length(count);
      expect(new Set(advice.map(({ message }) => message)).size).to.equal(advice.length);
    });

    it(`sends every delta to a receiver that ${what} once only where it has taken it`, async () => {
      const recorder = counted();
      receiver.reset(fault);
      // Why longer for what is taken: the machine may be busy, and what is answered too late counts as refused.
      const limits = what in taking ? { timeoutSeconds: 0.5, exportTimeoutSeconds: 20 } : { exportTimeoutSeconds: 0.3 };
      const exporter = exporting(recorder, { temporality: 'delta', shutdownTimeoutSeconds: 20, ...limits });
      await exporter.flush();
      // Why: a request that was given up may be on its way still, and must meet the fault. A later one comes after it.
      const giveUp = new AbortController();
      const later = fetch(receiver.url, { signal: giveUp.signal }).catch(() => undefined);
      await until(() => receiver.received.some(({ method }) => method === 'GET'));
      giveUp.abort();
      await later;
      receiver.reset();
      recorder.counter(jobs).inc({}, 2);
      expect((await exporter.shutdown()).result).to.equal('success');
      const sent = receiver.received.flatMap((one) => readOtlp(one).metrics.filter(({ name }) => name === 'jobs'));
      expect(sent.map(({ points }) => points[0]?.asDouble)).to.deep.equal([what in taking ? 2 : 9]);
    });
  }

  it('ends where nothing listens at the endpoint', async () => {
    const exporter = exporting(counted(), { endpoint: 'http://127.0.0.1:1' }).start();
    const [first, last] = await Promise.all([exporter.flush(), exporter.shutdown()]);
    expect([first.result, last.result]).to.deep.equal(['failed', 'failed']);
  });

  it('ends where a collector of the recorder hangs', async () => {
    const hanging: Scrapable = { exposedFamilies: () => new Promise(() => undefined) };
    const exporter = exporting(hanging).start();
    const [first, last] = await Promise.all([exporter.flush(), exporter.shutdown()]);
    expect([first.result, last.result]).to.deep.equal(['failed', 'failed']);
  });

  it('ends where the clock was set back by an hour in the midst of an export', async () => {
    receiver.reset(answers(429, { 'Retry-After': new Date(Date.now() + 60e3).toUTCString() }));
    const exporter = exporting(counted()).start();
    const flushed = exporter.flush();
    await until(() => receiver.received.length > 0);
    const { now } = Date;
    Date.now = () => now() - 3600e3;
    try {
      const [first, last] = await Promise.all([flushed, exporter.shutdown()]);
      expect([first.result, last.result]).to.deep.equal(['failed', 'failed']);
    } finally {
      Date.now = now;
    }
  });

  it('leaves no connection open', async () => {
    receiver.reset();
    const exporter = exporting(counted());
    await exporter.flush();
    await exporter.shutdown();
    await until(async () => (await receiver.countConnections()) === 0);
  });
});
