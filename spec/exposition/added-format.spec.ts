import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Container } from 'inversify';
import { installMetrics } from '../../lib/adapters/inversify/index.js';
import { MetricsServer as KoaMetricsServer } from '../../lib/adapters/koa/index.js';
import {
  defineCounter,
  defineHistogram,
  type ExposedFamily,
  type ExpositionFormat,
  type HistogramView,
  type MetricsError,
  PrometheusRecorder,
  type SampleWriter,
  type SummaryView,
  scrape,
} from '../../lib/index.js';
import { MetricsServer, serveMetrics } from '../../lib/server/index.js';
import { until } from '../until.js';

/** One line of JSON for each value, histogram or summary: all that an added format has to do. */
class JsonLines implements SampleWriter {
  readonly lines: string[] = [];
  readonly #family: ExposedFamily;
  readonly #labels: (readonly [name: string, value: string])[] = [];

  constructor(family: ExposedFamily) {
    this.#family = family;
  }

  label(depth: number, name: string, value: string): void {
    this.#labels[depth] = [name, value];
  }

  value(depth: number, value: number): void {
    this.#add(depth, { value });
  }

  histogram(depth: number, { upperBounds, cumulativeCounts, sum, count }: HistogramView): void {
    this.#add(depth, { upperBounds: upperBounds.map(String), counts: Array.from(cumulativeCounts), sum, count });
  }

  summary(depth: number, { sum, count }: SummaryView): void {
    this.#add(depth, { sum, count });
  }

  sample(): void {}

  #add(depth: number, content: object): void {
    const labels = Object.fromEntries(this.#labels.slice(0, depth).filter(([, text]) => text !== ''));
    this.lines.push(JSON.stringify({ name: this.#family.name, labels, ...content }));
  }
}

const mediaType = 'application/x-json-lines';

const jsonLines: ExpositionFormat = {
  name: 'jsonl',
  mediaType,
  contentType: (parameters) =>
    (parameters.get('schema') ?? 'v1') === 'v1' ? `${mediaType}; schema=v1; charset=utf-8` : undefined,
  *render(families) {
    for (const family of families) {
      const writer = new JsonLines(family);
      for (const _ of family.write(writer));
      yield Buffer.from(writer.lines.map((line) => `${line}\n`).join(''));
    }
  },
};

const calls = defineCounter({ name: 'calls_total', help: 'Calls', labels: { team: {} } });
const latency = defineHistogram({ name: 'latency_seconds', help: 'Latency', labels: { team: {} }, buckets: [0.1, 1] });

function record(recorder: PrometheusRecorder): PrometheusRecorder {
  recorder.counter(calls).inc({ team: 'mail' }, 3);
  recorder.histogram(latency).observe({ team: 'mail' }, 0.5);
  recorder.histogram(latency).observe({ team: 'mail' }, 2);
  return recorder;
}

const expected = [
  { name: 'calls_total', labels: { team: 'mail' }, value: 3 },
  {
    name: 'latency_seconds',
    labels: { team: 'mail' },
    upperBounds: ['0.1', '1', 'Infinity'],
    counts: [0, 1, 2],
    sum: 2.5,
    count: 2,
  },
];

const ours = (body: string): object[] =>
  body
    .split('\n')
    .filter((line) => line !== '' && !line.includes('flowplane_metrics_'))
    .map((line) => JSON.parse(line));

describe('A format that is added with the public names', () => {
  for (const [host, Server] of Object.entries({ 'node:http': MetricsServer, Koa: KoaMetricsServer })) {
    it(`renders a scrape over HTTP by a MetricsServer on ${host}`, async () => {
      const recorder = record(new PrometheusRecorder({ formats: [jsonLines] }));
      const server = new Server(recorder, { port: 0, processMetrics: false });
      const { url } = await server.listen();
      try {
        const accept = `${mediaType};schema=v1, text/plain;q=0.5`;
        const response = await fetch(url, { headers: { Accept: accept } });
        expect(response.status).to.equal(200);
        expect(response.headers.get('content-type')).to.equal(`${mediaType}; schema=v1; charset=utf-8`);
        expect(ours(await response.text())).to.deep.equal(expected);
        await until(async () => {
          const counted = await (await fetch(url)).text();
          return counted.includes('flowplane_metrics_scrapes_total{code="200",format="jsonl"} 1\n');
        });
      } finally {
        await server.close();
      }
    });

    it(`leaves the built-in formats to those who ask for them, on ${host}`, async () => {
      const server = new Server(record(new PrometheusRecorder({ formats: [jsonLines] })), { port: 0 });
      const { url } = await server.listen();
      try {
        const contentTypes: Record<string, string> = {
          '*/*': 'text/plain; version=0.0.4; charset=utf-8',
          [`${mediaType};schema=v2`]: 'text/plain; version=0.0.4; charset=utf-8',
          [`${mediaType};q=0.1, application/openmetrics-text`]:
            'application/openmetrics-text; version=1.0.0; charset=utf-8',
        };
        for (const [accept, contentType] of Object.entries(contentTypes)) {
          const response = await fetch(url, { headers: { Accept: accept } });
          expect(response.headers.get('content-type'), accept).to.equal(contentType);
          expect(await response.text(), accept).to.include('calls_total{team="mail"} 3');
        }
      } finally {
        await server.close();
      }
    });
  }

  it('scrape() compresses it for a client that accepts gzip, and names it in the response', async () => {
    const recorder = record(new PrometheusRecorder({ formats: [jsonLines] }));
    const request = { method: 'GET', accept: mediaType, acceptEncoding: 'gzip' };
    const { headers, body, format } = await scrape(recorder, request);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(format).to.equal('jsonl');
    expect(headers['Content-Encoding']).to.equal('gzip');
    expect(ours(gunzipSync(Buffer.concat(chunks)).toString())).to.deep.equal(expected);
  });

  it('answers with its bare media type unless it says otherwise', async () => {
    const { contentType: _, ...bare } = jsonLines;
    const response = await scrape(new PrometheusRecorder({ formats: [bare] }), { method: 'HEAD', accept: mediaType });
    expect(response.headers['Content-Type']).to.equal(mediaType);
  });

  it('installMetrics takes it as an option', async () => {
    const recorder = record(installMetrics(new Container(), { formats: [jsonLines], processMetrics: false }));
    const { format } = await scrape(recorder, { method: 'GET', accept: mediaType });
    expect(format).to.equal('jsonl');
  });

  it('serveMetrics serves it for a recorder that has it', async () => {
    const recorder = record(new PrometheusRecorder({ formats: [jsonLines] }));
    const { url, close } = await serveMetrics({ recorder, port: 0, processMetrics: false });
    try {
      const response = await fetch(url, { headers: { Accept: mediaType } });
      expect(ours(await response.text())).to.deep.equal(expected);
    } finally {
      await close();
    }
  });

  it('makes a scrape fail with status 500 if it throws while its content type is asked for', async () => {
    const broken: ExpositionFormat = {
      ...jsonLines,
      contentType: () => {
        throw new Error('broken');
      },
    };
    const recorder = new PrometheusRecorder({ formats: [broken] });
    expect((await scrape(recorder, { method: 'GET', accept: mediaType })).status).to.equal(500);
    expect((await scrape(recorder, { method: 'HEAD', accept: 'text/plain' })).status).to.equal(200);
  });
});

describe('The option "formats"', () => {
  const wrong: readonly (readonly [formats: unknown, message: string])[] = [
    ['jsonl', '"formats" must be a list of exposition formats (given "jsonl"). Write [myFormat].'],
    [[null], '"formats[0]" must be an object with name, mediaType and render (given null).'],
    [[{ ...jsonLines, name: 'JSON Lines' }], '"formats[0].name" must be a word of lower-case letters and digits'],
    [
      [{ ...jsonLines, name: 'text' }],
      '"formats[0].name" must differ from the names of the other formats and from reserved names (given "text")',
    ],
    [
      [{ ...jsonLines, name: 'none' }],
      '"formats[0].name" must differ from the names of the other formats and from reserved names (given "none")',
    ],
    [
      [jsonLines, { ...jsonLines, mediaType: 'application/x-other' }],
      '"formats[1].name" must differ from the names of the other formats and from reserved names (given "jsonl"). Use another name.',
    ],
    [
      [{ ...jsonLines, mediaType: 'Text/Plain; version=2' }],
      '"formats[0].mediaType" must be a media type in lower case',
    ],
    [
      [{ ...jsonLines, mediaType: 'text/plain' }],
      '"formats[0].mediaType" must differ from the media types of the other formats (given "text/plain"). Use another media type.',
    ],
    [[{ ...jsonLines, contentType: 'x/y' }], '"formats[0].contentType" must be a function of the parameters'],
    [[{ ...jsonLines, escaping: 'dots' }], '"formats[0].escaping" must be a function of the parameters'],
    [[{ ...jsonLines, render: undefined }], '"formats[0].render" must be a function that returns chunks of bytes'],
  ];
  for (const [formats, message] of wrong) {
    it(`refuses what is no format: ${message.slice(0, 60)}`, () => {
      expect(() => new PrometheusRecorder({ formats: formats as [] })).to.throw(message);
    });
  }

  it('names every problem of every format in one error', () => {
    try {
      new PrometheusRecorder({ formats: [{}, 1] as never });
      expect.fail('it was accepted');
    } catch (error) {
      const { problems } = error as MetricsError;
      expect(problems.map(({ message }) => message.split(' ')[0])).to.deep.equal([
        '"formats[0].name"',
        '"formats[0].mediaType"',
        '"formats[0].render"',
        '"formats[1]"',
      ]);
    }
  });
});
