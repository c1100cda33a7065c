import { expect } from 'chai';
import { PrometheusRecorder } from '../../lib/index.js';
import { OtlpExporter, type OtlpOptions } from '../../lib/otlp/index.js';
import { settingsOf } from '../../lib/otlp/settings.js';

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

  const wrongOptions: readonly (readonly [options: object, message: string])[] = [
    [{ endpoint: 'ftp://a' }, '"endpoint" must be an http:// or https:// URL'],
    [{ temporality: 'sums' }, '"temporality" must be "cumulative", "delta" or "lowmemory"'],
    [{ intervalSeconds: 0 }, '"intervalSeconds" must be a number of seconds above 0'],
    [{ compression: 'br' }, '"compression" must be "gzip" or "none"'],
    [{ resource: { a: 1 } }, '"resource" must be an object of texts'],
    [{ endpont: 'http://a' }, 'option "endpont" is unknown'],
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
    ['OTEL_EXPORTER_OTLP_HEADERS', 's3cret', 'must be pairs of legal headers'],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'sums', 'must be "cumulative", "delta" or "lowmemory"'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%zz', 'must be pairs as in "name=value,other=value"'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere.pem', 'must be a file that can be read (given "/nowhere.pem"'],
  ];
  for (const [name, text, message] of wrongVariables) {
    it(`refuse ${name}=${text}, by its name`, () => {
      const problem = problemOf({}, { [name]: text });
      expect(problem).to.contain(`${name} ${message}`);
      expect(problem).to.not.contain('s3cret');
    });
  }

  it('do not matter where OTEL_SDK_DISABLED is true', () => {
    expect(problemOf({}, { OTEL_SDK_DISABLED: 'true', OTEL_METRIC_EXPORT_INTERVAL: 'x' })).to.equal('none');
  });

  it('refuse what is no recorder', () => {
    expect(() => new OtlpExporter({} as never)).to.throw('"recorder" must be a recorder');
  });
});
