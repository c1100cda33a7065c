import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { MetricsServer } from '../../lib/adapters/koa/index.js';
import { defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { type Run, runAll } from '../golden/program.js';
import { needs } from '../needs.js';
import { Certificates } from '../server/certificates.js';
import { doctor, Examined, examine, requests, steps } from './examined.js';

describe('flowplane-metrics doctor', () => {
  let examined: Examined;

  beforeEach(() => {
    examined = new Examined();
  });

  afterEach(() => examined.stop());

  it('limits how much it reads, also from a compressed response', async () => {
    const zeros = gzipSync(Buffer.alloc(2 ** 20));
    const url = await examined.serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' });
      const more = (): void => {
        if (!response.destroyed) response.write(zeros, () => setImmediate(more));
      };
      more();
    });
    const { endpoint: found } = await steps('--metrics', url);
    expect(found).to.include({ status: 'problem' });
    expect(found?.detail).to.contain('more than 64 MiB');
  });

  it('recognises http that is sent to an https port', async function () {
    needs(this, 'openssl');
    const made = new Certificates();
    try {
      const server = new MetricsServer(examined.recorder, {
        port: 0,
        tls: made.signed('server', made.authority('authority')),
      });
      examined.whenStopped(() => server.close());
      const { url } = await server.listen();
      const { endpoint: found } = await steps('--metrics', url.replace('https', 'http'));
      expect(found).to.have.property('cause').that.contains('http against https');
    } finally {
      made.remove();
    }
  });

  it('reports a port where no server listens, and skips the steps that depend on it', async () => {
    const url = await examined.endpoint();
    await examined.stop();
    const { endpoint: reached, format, cardinality } = await steps('--metrics', url);
    expect(reached).to.deep.include({
      status: 'problem',
      detail: `The endpoint cannot be reached at ${url} (ECONNREFUSED)`,
    });
    expect([format?.status, cardinality?.status]).to.deep.equal(['skipped', 'skipped']);
    const { code, printed } = await doctor('--metrics', url);
    expect(code).to.equal(1);
    expect(printed).to.match(
      /^problem endpoint .*\n +likely: nothing listens there.*\n +do: +Start it, or correct .*--metrics/,
    );
  });

  it('reports missing credentials, and accepts given ones', async () => {
    const url = await examined.endpoint('s3cret');
    expect((await steps('--metrics', url))['endpoint']).to.deep.include({
      status: 'problem',
      cause: 'credentials are missing or wrong',
    });
    const given = await steps('--metrics', url, '--metrics-header', 'Authorization: Bearer s3cret');
    expect(given['endpoint']).to.deep.include({ status: 'ok' });
  });

  it('proposes the kind of credentials that the server asks for, and compares the clock of one that refuses', async () => {
    for (const [header, proposed] of [
      ['Basic realm="metrics"', '--metrics-header "Authorization: Basic $(printf %s \'user:password\' | base64)"'],
      ['Bearer', "--metrics-header 'Authorization: Bearer …'"],
      [undefined, "--metrics-header 'Authorization: Bearer …'"],
    ] as const) {
      const url = await examined.serve((_request, response) => {
        if (header !== undefined) response.setHeader('WWW-Authenticate', header);
        response.writeHead(401).end();
      });
      const { endpoint: found, clocks } = await steps('--metrics', url);
      expect(found).to.deep.include({ fix: `Set them: ${proposed}.` });
      expect(clocks).to.deep.include({ status: 'ok', detail: 'The endpoint and this machine agree' });
    }
  });

  it('says where a server refuses that it may be by the address, as a MetricsServer does', async () => {
    const options = { port: 0, processMetrics: false, allowedAddresses: ['10.0.0.0/8'], onAdvice: () => undefined };
    const server = new MetricsServer(examined.recorder, options);
    examined.whenStopped(() => server.close());
    const { endpoint: found } = await steps('--metrics', (await server.listen()).url);
    expect(found?.detail).to.contain('with 403');
    expect(found).to.have.property('cause').that.contains('lets in other addresses');
    expect(found).to.have.property('fix').that.contains('allowedAddresses');
  });

  it('reports a page of another kind as no exposition', async () => {
    const url = await examined.serve((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end('<h1>hi</h1>'),
    );
    expect((await steps('--metrics', url))['format']?.detail).to.equal('The content type is "text/html"');
  });

  /** The steps for an endpoint that answers this. */
  const stepsFor = async (text: string, contentType = 'text/plain', ...args: string[]) =>
    steps('--metrics', await examined.serve((_, r) => r.setHeader('Content-Type', contentType).end(text)), ...args);

  for (const [title, text, detail] of [
    [
      'a broken line',
      'a 1\nb{c="d} 1\n',
      'line 2, column 5: the label value has no closing quote (Prometheus refuses it): b{c="d} 1',
    ],
    ['a broken value', 'a one\n', 'line 1, column 3: the value is no number (Prometheus refuses it): a one'],
    [
      'a series twice',
      'a{b="c"} 1\na{b="c"} 2\n',
      'line 2, column 1: the series stands here a second time (Prometheus loses it): a{b="c"} 2',
    ],
    [
      'an unknown type',
      '# TYPE a number\n',
      'line 1, column 10: the type is unknown (Prometheus refuses it): # TYPE a number',
    ],
  ] as const) {
    it(`reports where the format is broken: ${title}`, async () => {
      expect((await stepsFor(text))['format']).to.deep.include({ status: 'problem', detail });
    });
  }

  it('takes what Prometheus takes, and remarks what promtool and the Pushgateway refuse', async () => {
    const { format } = await stepsFor('a{x="1", y="2"} Infinity\nb 2');
    const remark =
      'line 2, column 4: the last line does not end with a line feed (promtool and the Pushgateway refuse it): b 2';
    expect(format).to.deep.include({ status: 'ok', remarks: [remark] });
    const url = await examined.serve((_, r) => r.setHeader('Content-Type', 'text/plain').end('b 2'));
    const { code, printed } = await examine('--metrics', url);
    expect(code).to.equal(0);
    expect(printed).to.contain('\n                    remark: line 1, column 4: the last line');
  });

  it('takes an empty answer for a valid one', async () => {
    expect((await stepsFor(''))['format']).to.deep.include({ status: 'ok', detail: '0 families, 0 samples, 0.0 KiB' });
  });

  it('reads an endpoint that has only OpenMetrics, by the rules of OpenMetrics', async () => {
    const contentType = 'Application/OpenMetrics-Text; version=1.0.0';
    const text = '# TYPE jobs counter\njobs_total 1\n# TYPE flowplane_metrics_dropped counter\n';
    const losses = 'flowplane_metrics_dropped_total{metric="a",reason="overflow"} 2\n';
    const found = await stepsFor(`${text}${losses}# EOF\n`, contentType, '--family', 'jobs_total');
    expect(found['format']).to.deep.include({ status: 'ok', detail: '2 families, 2 samples, 0.1 KiB, in OpenMetrics' });
    expect(found['families']).to.include({ status: 'ok' });
    expect(found['losses']?.detail).to.equal('Observations were dropped: a: 2 (overflow)');
    const totals = 'flowplane_metrics_losses_total{reason="overflow"} 2\n';
    const filtered = await stepsFor(`${text.replace('dropped', 'losses')}${totals}# EOF\n`, contentType);
    expect(filtered['losses']?.detail).to.equal('Observations were dropped: all metrics: 2 (overflow)');
    expect((await stepsFor(text, contentType))['format']?.detail).to.contain('# EOF is missing at the end');
  });

  it('accepts OpenMetrics, so that an endpoint which has nothing else does not refuse', async () => {
    let accepted: string | undefined;
    const url = await examined.serve((request, response) => {
      accepted = request.headers.accept;
      response.setHeader('Content-Type', 'text/plain').end('a 1\n');
    });
    await steps('--metrics', url);
    expect(accepted).to.match(/^text\/plain;version=0\.0\.4,application\/openmetrics-text/);
  });

  it('reports a missing content type, which Prometheus 3 refuses', async () => {
    const url = await examined.serve((_request, response) => response.end('a 1\n'));
    const { format } = await steps('--metrics', url);
    expect(format?.detail).to.equal('The response has no content type, and Prometheus 3 refuses it');
  });

  it('does not take a gauge that is NaN all the time for one that moves', async () => {
    const { values } = await stepsFor('a NaN\nb 1\n');
    expect(values?.detail).to.contain('2 series have values; none changed');
  });

  it('reports a missing family', async () => {
    const { families } = await steps(
      '--metrics',
      await examined.endpoint(),
      '--family',
      'requests_total',
      '--family',
      'gone',
    );
    expect(families).to.deep.include({ status: 'problem', detail: 'gone is not exposed' });
  });

  for (const [title, isInitial, detail] of [
    ['every value is 0', true, 'every value is 0'],
    ['no family has a sample', false, 'no family has a sample yet'],
  ] as const) {
    it(`finds no problem in a fresh service, and remarks how to see more: ${title}`, async () => {
      const recorder = new PrometheusRecorder();
      if (isInitial) recorder.counter(requests);
      else recorder.counter({ ...requests, initial: [] } as never);
      const url = await examined.endpoint(undefined, recorder);
      const { values } = await steps('--metrics', url);
      expect(values).to.deep.include({ status: 'ok', detail });
      expect(values).to.have.property('remarks').that.has.length(1);
      expect((await examine('--metrics', url)).code).to.equal(0);
    });
  }

  it('reports which label has too many values', async () => {
    for (let id = 0; id < 1500; id += 1) examined.recorder.counter(requests).inc({ path: `/orders/${id}` });
    const { cardinality } = await steps('--metrics', await examined.endpoint());
    expect(cardinality?.detail).to.match(
      /^requests_total has 1501 series \([\d.]+ KiB\), 1501 values of the label "path"$/,
    );
  });

  it('lists the families with native histograms, which no text format shows', async () => {
    const native = { help: 'Waiting', native: true } as const;
    for (const name of ['wait_seconds', 'delay_seconds']) {
      examined.recorder.histogram(defineHistogram({ ...native, name })).observe({}, 0.3);
    }
    examined.recorder.histogram(defineHistogram({ name: 'size_bytes', help: 'Sizes' })).observe({}, 3);
    const { native: found } = await steps('--metrics', await examined.endpoint());
    expect(found).to.deep.include({ status: 'ok', detail: 'wait_seconds, delay_seconds, in protobuf only' });
  });

  it('says that there are no native histograms, and that an endpoint without protobuf has none', async () => {
    const { native } = await steps('--metrics', await examined.endpoint());
    expect(native).to.deep.include({ status: 'ok', detail: 'there are no native histograms' });
    const text = await examined.serve((_, response) => {
      response.setHeader('Content-Type', 'text/plain').end('requests_total 1\n');
    });
    const { native: ofText } = await steps('--metrics', text);
    expect(ofText).to.deep.include({ status: 'ok', detail: 'the endpoint has no protobuf, so no native histogram' });
  });

  for (const [title, body] of [
    ['is cut off', [12, 10, 4, 119]],
    ['has a field of no known type', [3, 15, 0, 0]],
    ['has a number without an end', [255, 255]],
  ] as const) {
    it(`reports protobuf that ${title}`, async () => {
      const url = await examined.serve((request, response) => {
        const isAsked = request.headers.accept?.includes('protobuf') ?? false;
        response.setHeader('Content-Type', isAsked ? 'application/vnd.google.protobuf' : 'text/plain');
        response.end(isAsked ? Buffer.from(body) : 'requests_total 1\n');
      });
      const { native } = await steps('--metrics', url);
      expect(native?.status).to.equal('problem');
      expect(native?.detail).to.match(/^The protobuf of the endpoint cannot be read \(/);
    });
  }

  it('reports dropped observations with their reason', async () => {
    examined.recorder.counter(requests).inc({ path: '/' }, -1);
    const { losses } = await steps('--metrics', await examined.endpoint());
    expect(losses?.detail).to.equal('Observations were dropped: requests_total: 1 (negative_step)');
  });

  it("reports that Grafana's datasource is not healthy", async () => {
    const url = await examined.grafana({ status: 'ERROR', message: 'connection refused' });
    const { datasource } = await steps('--metrics', await examined.endpoint(), '--grafana', url);
    expect(datasource?.detail).to.contain('"Flowplane Prometheus" (http://127.0.0.1:9091) is not healthy: connection');
  });

  it('reports that Grafana requires a token', async () => {
    const { datasource } = await steps(
      '--metrics',
      await examined.endpoint(),
      '--grafana',
      await examined.grafana({}, 403),
    );
    expect(datasource).to.have.property('cause').that.contains('credentials are missing');
  });

  const strangers: readonly (readonly [title: string, type: string, body: string, given: string])[] = [
    ['a page', 'text/html', '<title>Log in</title>', 'but with a page'],
    ['an empty object', 'application/json', '{}', 'but with other JSON'],
    ['a list', 'application/json', '[]', 'but with other JSON'],
    ['nothing', 'application/json', 'null', 'but with other JSON'],
  ];
  for (const [title, type, body, given] of strangers) {
    it(`reports a Prometheus and a Grafana that answer each request with ${title}`, async () => {
      const url = await examined.serve((_, r) => r.setHeader('content-type', type).end(body));
      const endpoint = await examined.endpoint();
      const { prometheus, grafana } = await steps('--metrics', endpoint, '--prometheus', url, '--grafana', url);
      expect(prometheus?.detail).to.equal(
        `${url}/api/v1/status/buildinfo does not answer as Prometheus does, ${given}`,
      );
      expect(grafana).to.deep.include({
        status: 'problem',
        detail: `${url}/api/health does not answer as Grafana does, ${given}`,
        fix: 'Pass the URL of Grafana, for example --grafana http://127.0.0.1:3000.',
      });
    });
  }

  it('says of a Grafana that refuses, or does not know the path, what to correct there', async () => {
    const answers = [401, 404].map((status) => examined.serve((_, r) => r.writeHead(status).end()));
    const [refusing, other] = await Promise.all(answers);
    const endpoint = await examined.endpoint();
    const refused = await steps('--metrics', endpoint, '--grafana', refusing as string);
    const unknown = await steps('--metrics', endpoint, '--grafana', other as string);
    expect(refused['grafana']).to.have.property('fix').that.contains('in the environment variable GRAFANA_TOKEN');
    expect(unknown['grafana']).to.have.property('fix', 'Correct the path: --grafana.');
  });

  it('remarks that no metric of the process is exposed, where there is none', async () => {
    const { families: without } = await steps('--metrics', await examined.endpoint());
    const { families: some } = await steps(
      '--metrics',
      await examined.serve((_, r) =>
        r.setHeader('content-type', 'text/plain').end('a 1\nmy_process_cpu_seconds_total 1\n'),
      ),
    );
    expect(without)
      .to.have.property('remarks')
      .that.matches(/such as process_start_time_seconds: prom-client is not/);
    expect(some).not.to.have.property('remarks');
  });

  it('reports whose clock is wrong', async () => {
    const date = new Date(Date.now() - 60_000).toUTCString();
    const { clocks } = await steps(
      '--metrics',
      await examined.endpoint(),
      '--grafana',
      await examined.grafana({}, 200, date),
    );
    expect(clocks?.detail).to.match(/^The clock of Grafana is \d+ s behind this machine's$/);
  });

  it('reports that a server is no Prometheus', async () => {
    const { prometheus } = await steps(
      '--metrics',
      await examined.endpoint(),
      '--prometheus',
      await examined.serve((_, r) => r.end('hi')),
    );
    expect(prometheus).to.deep.include({ status: 'problem', cause: 'this is not Prometheus' });
  });
});

describe('flowplane-metrics doctor with wrong arguments', () => {
  const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
    [
      ['--metrics', 'localhost:9090'],
      'a URL with http:// or https:// (given "localhost:9090"). Write for example http://',
    ],
    [['--wait', '-1'], '--wait must have a value (given none, or one that begins with a dash). Write --wait=VALUE if'],
    [['--wait'], '--wait must have a value (given none).'],
    [['--json=true'], '--json takes no value (given one after "="). Write --json alone.'],
    [['--metric', 'http://127.0.0.1:1'], 'option --metric is unknown (given --metric). Did you mean --metrics?'],
    [['--metrics-headr=Authorization: s3cret'], 'Did you mean --metrics-header?'],
    [['-m', 'http://127.0.0.1:1'], 'option -m is unknown (given -m). Did you mean --metrics?'],
    [['http://me:s3cret@127.0.0.1:1'], 'only options may be given (given a URL without an option). Write --metrics'],
    [['--metrics-header', 'X-Key:', 's3cret'], 'Put quotation marks around a value that has blanks.'],
    [['--metrics-header', '-s3cret'], '--metrics-header must have a value'],
    [['--constructor'], 'option --constructor is unknown (given --constructor). Use one of --metrics, --prometheus,'],
    [['--max-series', 'many'], '--max-series must be a number, not negative (given "many"). Leave it out for 1000.'],
    [['--metrics-header', 's3cret'], "--metrics-header must be 'Name: value'. Write for example 'Auth"],
    [['--prometheus', 'http://me:s3cret@127.0.0.1:1'], '--prometheus must be a URL without a user and a password.'],
    [['--prometheus', 'me:s3cret@127.0.0.1:1'], 'https:// (given "…@127.0.0.1:1"). Write for example'],
    [['--catalogue', 'nope.json', '--metrics', 'http://127.0.0.1:1'], '--catalogue: nope.json cannot be read (given '],
    [['--catalogue', 'package.json'], '--catalogue: package.json is no catalogue (given other JSON). Correct the path'],
    [['--fast'], 'option --fast is unknown (given --fast). Use one of --metrics, --prometheus,'],
  ];
  let runs: readonly Run[];

  before(async () => {
    runs = await runAll(wrong.map(([args]) => ['doctor', ...args]));
  });

  for (const [i, [args, message]] of wrong.entries()) {
    it(`exits with 2 for ${args.join(' ')}`, () => {
      const { code, out, err } = runs[i] as Run;
      expect({ code, out }).to.deep.equal({ code: 2, out: '' });
      expect(err)
        .to.contain(message)
        .and.match(/^flowplane-metrics doctor: /);
      expect(err).to.not.contain('s3cret');
    });
  }
});
