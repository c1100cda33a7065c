import { inspect } from 'node:util';
import { expect } from 'chai';
import { type Advice, defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { MetricsServer, type MetricsServerOptions } from '../../lib/server/index.js';
import { readOtlp } from '../otlp/read-otlp.js';
import { FaultyReceiver } from '../sending/faulty-receiver.js';
import { ask } from './ask.js';

describe('A MetricsServer that sends over OTLP too', () => {
  const receiver = new FaultyReceiver();
  let advice: Advice[] = [];
  const recorder = new PrometheusRecorder();

  before(async () => {
    recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs' })).inc({}, 7);
    await receiver.start();
  });
  after(() => receiver.stop());
  beforeEach(() => {
    receiver.reset();
    advice = [];
  });

  /** Runs a server with these options and variables, and gives what a scrape of it has. */
  const serve = async (options: MetricsServerOptions, variables: Readonly<Record<string, string>> = {}) => {
    Object.assign(process.env, variables);
    const server = new MetricsServer(recorder, { port: 0, onAdvice: (one) => advice.push(one), ...options });
    try {
      const { url } = await server.listen();
      return `${(await ask(url)).body}${(await ask(new URL('/', url).href)).body}`;
    } finally {
      await server.close();
      for (const name of Object.keys(variables)) delete process.env[name];
    }
  };

  const names = (): string[] => receiver.received.flatMap((one) => readOtlp(one).metrics).map(({ name }) => name);

  for (const [where, thread] of Object.entries({ 'in the process': false, 'in a thread': true })) {
    it(`sends the numbers of the recorder, the server and the process when it closes, ${where}`, async () => {
      const scraped = await serve({ thread, otlp: { endpoint: receiver.url, announce: false } });
      expect(names()).to.include.members(['jobs', 'flowplane_metrics_scrapes', 'flowplane_metrics_otlp_exports']);
      expect(names()).to.include('nodejs_version_info');
      expect(scraped).to.contain('flowplane_metrics_otlp_exports_total{result="success"} 0');
    });
  }

  it('shows no header of its exports, on no page and when it is inspected', async () => {
    const options = { otlp: { endpoint: receiver.url, announce: false, headers: { Authorization: 'Bearer s3cret' } } };
    expect(await serve(options)).to.not.contain('s3cret');
    const server = new MetricsServer(recorder, { port: 0, ...options });
    expect(inspect(server, { depth: 9 })).to.not.contain('s3cret');
    await server.close();
  });

  it('sends where OTEL_METRICS_EXPORTER names otlp', async () => {
    await serve({}, { OTEL_METRICS_EXPORTER: 'console, OTLP', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    expect(names()).to.include('jobs');
  });

  it('sends nothing where only an endpoint is in the environment, and advises once', async () => {
    await serve({}, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    expect(receiver.received).to.have.length(0);
    expect(advice.map(({ code }) => code)).to.deep.equal(['otlp']);
    expect(advice[0]?.message).to.contain('OTEL_METRICS_EXPORTER=otlp or otlp: true');
  });

  it('advises where OTEL_METRICS_EXPORTER names what is no exporter', async () => {
    await serve({}, { OTEL_METRICS_EXPORTER: 'oltp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    expect(receiver.received).to.have.length(0);
    expect(advice.map(({ message }) => message)).to.have.length(1);
    expect(advice[0]?.message).to.contain('(given "oltp"). Write "otlp", or unset it.');
  });

  for (const named of ['none', 'prometheus', 'console,prometheus']) {
    it(`sends nothing and says nothing where OTEL_METRICS_EXPORTER is ${named}`, async () => {
      await serve({}, { OTEL_METRICS_EXPORTER: named, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
      expect([receiver.received.length, advice]).to.deep.equal([0, []]);
    });
  }

  it('sends nothing and says nothing where otlp is false', async () => {
    const variables = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    await serve({ otlp: false }, variables);
    expect([receiver.received.length, advice]).to.deep.equal([0, []]);
  });

  it('does not start where a variable is wrong', async () => {
    const started = serve({ otlp: true }, { OTEL_METRIC_EXPORT_INTERVAL: 'often' });
    expect(await started.catch(({ message }) => message)).to.contain('OTEL_METRIC_EXPORT_INTERVAL must be a number');
  });

  it('refuses options that are wrong', () => {
    expect(() => new MetricsServer(recorder, { otlp: 'yes' as never })).to.throw('"otlp" must be true, false or');
    expect(() => new MetricsServer(recorder, { otlp: { endpoint: 'x' } })).to.throw('"endpoint" must be an http://');
  });
});
