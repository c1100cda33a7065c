import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PrometheusRecorder } from '../../lib/index.js';
import { OtlpExporter, type OtlpOptions } from '../../lib/otlp/index.js';
import { type Settings, settingsOf } from '../../lib/otlp/settings.js';

/** Runs with these variables of the environment, and none of OpenTelemetry beside them. */
function withVariables<T>(variables: Readonly<Record<string, string>>, run: () => T): T {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return run();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

const settings = (options: OtlpOptions = {}, variables: Readonly<Record<string, string>> = {}) =>
  withVariables(variables, () => settingsOf('test', options));

const problemOf = (options: object, variables: Readonly<Record<string, string>> = {}): string => {
  try {
    withVariables(variables, () => new OtlpExporter(new PrometheusRecorder(), options));
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('The settings of an OtlpExporter', () => {
  const targets: readonly (readonly [
    url: string,
    options: OtlpOptions,
    variables: Readonly<Record<string, string>>,
  ])[] = [
    ['http://localhost:4318/v1/metrics', {}, {}],
    ['https://a/v1/metrics', { endpoint: 'https://a' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' }],
    ['https://a/otlp/v1/metrics', { endpoint: 'https://a/otlp/' }, {}],
    ['http://a/push', { url: 'http://a/push' }, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://b' }],
    ['http://b/v1/metrics', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' }],
    [
      'http://c/as/is',
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/as/is' },
    ],
    ['http://a/v1/metrics', { endpoint: 'http://a' }, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/as/is' }],
    // Why these: the exporter of traces may speak gRPC, where an endpoint has no scheme.
    ['http://a/', { url: 'http://a' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }],
    ['http://a/v1/metrics', { endpoint: 'http://a' }, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'collector:4317' }],
    [
      'http://c/as/is',
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/as/is' },
    ],
  ];
  for (const [url, options, variables] of targets) {
    it(`lead to ${url} from ${JSON.stringify({ ...options, ...variables })}`, () => {
      expect(settings(options, variables).url.href).to.equal(url);
    });
  }

  it('come from the environment', () => {
    const read = settings(
      {},
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, x=y=z',
        OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'Delta',
        OTEL_METRIC_EXPORT_INTERVAL: '5000',
        OTEL_METRIC_EXPORT_TIMEOUT: '1000',
        OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,zone=e%2Cu',
        OTEL_SERVICE_NAME: 'billing',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      },
    );
    expect(read).to.deep.include({
      headers: { 'api-key': 'a b', x: 'y=z' },
      ...{ timeoutSeconds: 2.5, isGzip: true, temporality: 'delta', intervalSeconds: 5, exportTimeoutSeconds: 1 },
    });
    const { 'service.instance.id': id, ...resource } = Object.fromEntries(read.resource);
    expect(id).to.have.length(36);
    expect(resource).to.deep.equal({ 'service.name': 'billing', zone: 'e,u' });
  });

  const files = mkdtempSync(join(tmpdir(), 'otlp-settings-'));
  const pem = (name: string): string => {
    const file = join(files, name);
    writeFileSync(file, `-----BEGIN ${name}-----`);
    return file;
  };
  after(() => rmSync(files, { recursive: true }));

  /** By variable, what it is set to, and what of the settings that is. Those for metrics alone win. */
  const single: readonly (readonly [name: string, text: () => string, read: Partial<Settings>])[] = [
    ['OTEL_EXPORTER_OTLP_[METRICS_]HEADERS', () => 'a=b', { headers: { a: 'b' } }],
    ['OTEL_EXPORTER_OTLP_[METRICS_]COMPRESSION', () => 'GZIP', { isGzip: true }],
    ['OTEL_EXPORTER_OTLP_[METRICS_]TIMEOUT', () => '1', { timeoutSeconds: 0.001 }],
    ['OTEL_EXPORTER_OTLP_[METRICS_]PROTOCOL', () => 'http/json', { isJson: true }],
    ['OTEL_EXPORTER_OTLP_[METRICS_]CERTIFICATE', () => pem('CA'), { tls: { ca: '-----BEGIN CA-----' } }],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', () => 'LowMemory', { temporality: 'lowmemory' }],
    ['OTEL_METRIC_EXPORT_INTERVAL', () => '1500', { intervalSeconds: 1.5 }],
    ['OTEL_METRIC_EXPORT_TIMEOUT', () => '2500', { exportTimeoutSeconds: 2.5 }],
    ['OTEL_SDK_DISABLED', () => 'TRUE', { isDisabled: true }],
    ['OTEL_SDK_DISABLED', () => 'false', { isDisabled: false }],
  ];
  for (const [name, text, read] of single) {
    const names = name.includes('[') ? [name.replace('[METRICS_]', ''), name.replace(/[[\]]/g, '')] : [name];
    for (const variable of names) {
      it(`come from ${variable} as ${JSON.stringify(read)}`, () => {
        expect(settings({}, { [variable]: text() })).to.deep.include(read);
      });
    }
    if (names.length > 1) {
      it(`come from ${names[1]} rather than from ${names[0]}`, () => {
        const [general = '', own = ''] = names;
        expect(settings({}, { [general]: 'wrong in any case', [own]: text() })).to.deep.include(read);
      });
    }
  }

  it('have the certificate and the key of a client from two files, which both must be there', () => {
    const [cert, key] = [pem('CERT'), pem('KEY')];
    const variables = { OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: cert, OTEL_EXPORTER_OTLP_CLIENT_KEY: key };
    expect(settings({}, variables).tls).to.deep.equal({ cert: '-----BEGIN CERT-----', key: '-----BEGIN KEY-----' });
    const half = problemOf({}, { OTEL_EXPORTER_OTLP_CLIENT_KEY: key });
    expect(half).to.contain('OTEL_EXPORTER_OTLP_[METRICS_]CLIENT_CERTIFICATE and');
  });

  it('refuse a file of a variable that has no PEM, without showing what it has', () => {
    const file = join(files, 'secret');
    writeFileSync(file, 's3cret');
    const problem = problemOf({}, { OTEL_EXPORTER_OTLP_CERTIFICATE: file });
    expect(problem).to.contain('OTEL_EXPORTER_OTLP_CERTIFICATE must be a file in PEM');
    expect(problem).to.not.contain('s3cret');
  });

  it('take a variable that is empty for one that is not set', () => {
    const empty = Object.fromEntries(single.map(([name]) => [name.replace('[METRICS_]', 'METRICS_'), '']));
    expect(settings({}, empty)).to.deep.equal(settings());
  });

  it('have defaults that OpenTelemetry states', () => {
    expect(settings()).to.deep.include({
      ...{
        timeoutSeconds: 10,
        isGzip: false,
        temporality: 'cumulative',
        intervalSeconds: 60,
        exportTimeoutSeconds: 30,
      },
      ...{ shutdownTimeoutSeconds: 2, headers: {}, tls: undefined, isDisabled: false },
    });
  });

  it('take the variable for metrics before the one for all signals', () => {
    const variables = { OTEL_EXPORTER_OTLP_TIMEOUT: '1000', OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2000' };
    expect(settings({}, variables).timeoutSeconds).to.equal(2);
    expect(settings({ timeoutSeconds: 3 }, variables).timeoutSeconds).to.equal(3);
  });

  it('compress for a receiver elsewhere, and not on this machine', () => {
    const gzip = ['http://localhost:1', 'http://127.0.0.5', 'http://[::1]:1', 'https://a', 'http://10.0.0.1'].map(
      (endpoint) => settings({ endpoint }).isGzip,
    );
    expect(gzip).to.deep.equal([false, false, false, true, true]);
  });

  it('let a resource of the options win over the environment', () => {
    const read = settings({ resource: { 'service.name': 'a' } }, { OTEL_SERVICE_NAME: 'b' });
    expect(read.resource.get('service.name')).to.equal('a');
  });

  it('have a service and an instance of their own where those that are given are empty', () => {
    const variables = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=,service.instance.id=' };
    const resource = { 'service.instance.id': '' };
    for (const read of [settings({}, variables), settings({ resource })]) {
      expect(read.resource.get('service.name')).to.equal('unknown_service:node');
      expect(read.resource.get('service.instance.id')).to.match(/^[0-9a-f-]{36}$/);
    }
  });

  const wrongOptions: readonly (readonly [options: object, message: string])[] = [
    [{ endpoint: 'ftp://a' }, '"endpoint" must be an http:// or https:// URL'],
    [{ temporality: 'sums' }, '"temporality" must be "cumulative", "delta" or "lowmemory"'],
    [{ intervalSeconds: 0 }, '"intervalSeconds" must be a number of seconds above 0'],
    [{ compression: 'br' }, '"compression" must be "gzip" or "none"'],
    [{ resource: { a: 1 } }, '"resource" must be an object of texts'],
    [{ endpont: 'http://a' }, 'option "endpont" is unknown'],
    [{ headers: { a: 5 } }, '"headers" must be an object of legal names and values'],
    [{ headers: { 'transfer-encoding': 'chunked' } }, 'without those of the body such as Content-Length'],
    [{ announce: 'no' }, '"announce" must be true or false'],
  ];
  for (const [options, message] of wrongOptions) {
    it(`refuse, with a reason, ${JSON.stringify(options)}`, () => {
      expect(problemOf(options)).to.contain(message);
    });
  }

  const wrongVariables: readonly (readonly [name: string, text: string, message: string])[] = [
    ['OTEL_METRIC_EXPORT_INTERVAL', '60s', 'must be a number of milliseconds above 0 (given "60s")'],
    [
      'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
      'grpc',
      'must be "http/protobuf" or "http/json", as this package has no gRPC',
    ],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://ada:s3cret@a', 'must be an http:// or https:// URL'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'must be an http:// or https:// URL'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 's3cret', 'must be pairs of legal headers'],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'sums', 'must be "cumulative", "delta" or "lowmemory"'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%zz', 'must be pairs as in "name=value,other=value"'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1', 'must be a number of milliseconds above 0 (given "-1")'],
    ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', '0', 'must be a number of milliseconds above 0 (given "0")'],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '1e3', 'must be a number of milliseconds above 0 (given "1e3")'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'must be "gzip" or "none" (given "zstd")'],
    ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'collector:4318', 'must be an http:// or https:// URL'],
    ['OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'a b=s3cret', 'must be pairs of legal headers'],
    ['OTEL_EXPORTER_OTLP_CLIENT_KEY', '/nowhere.pem', 'must be a file that can be read (given "/nowhere.pem"'],
    ['OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE', '/', 'must be a file that can be read (given "/"'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere.pem', 'must be a file that can be read (given "/nowhere.pem"'],
  ];
  for (const [name, text, message] of wrongVariables) {
    it(`refuse ${name}=${text}, by its name`, () => {
      const problem = problemOf({}, { [name]: text });
      expect(problem).to.contain(`${name} ${message}`);
      expect(problem).to.not.contain('s3cret');
    });
  }

  it('say how an endpoint is written, and headers in a variable', () => {
    const problem = problemOf(
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318', OTEL_EXPORTER_OTLP_HEADERS: 's3cret' },
    );
    expect(problem).to.contain(
      'Write for example http://collector:4318, and credentials in OTEL_EXPORTER_OTLP_HEADERS.',
    );
    expect(problem).to.contain('(given something else). Write for example Authorization=Bearer%20….');
  });

  it('do not matter where OTEL_SDK_DISABLED is true', () => {
    expect(problemOf({}, { OTEL_SDK_DISABLED: 'true', OTEL_METRIC_EXPORT_INTERVAL: 'x' })).to.equal('none');
  });

  for (const options of [null, 7, 'http://a', []]) {
    it(`refuse ${JSON.stringify(options)}, which is no object`, () => {
      expect(problemOf(options as never)).to.contain('the options must be an object');
    });
  }

  it('refuse what is no recorder', () => {
    expect(() => new OtlpExporter({} as never)).to.throw('"recorder" must be a recorder');
  });
});
