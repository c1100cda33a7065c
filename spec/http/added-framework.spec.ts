import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import {
  handleScrape,
  type MetricsRecorder,
  PrometheusRecorder,
  type RequestMetricsOptions,
  requestMetrics,
} from '../../lib/index.js';
import { until } from '../until.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;
type Hook = (request: IncomingMessage, response: ServerResponse, pattern: () => string | undefined) => void;

/** A minimal web framework: handlers by pattern, and hooks that run before them. */
class TinyFramework {
  readonly #before: Hook[] = [];
  readonly #handlers: [pattern: string, handler: Handler][] = [];

  before(run: Hook): this {
    this.#before.push(run);
    return this;
  }

  get(pattern: string, handler: Handler): this {
    this.#handlers.push([pattern, handler]);
    return this;
  }

  readonly listener: RequestListener = (request, response) => {
    const route = this.#handlers.find(([pattern]) => matches(pattern, request.url ?? ''));
    for (const run of this.#before) run(request, response, () => route?.[0]);
    if (route === undefined) response.writeHead(404).end();
    else route[1](request, response);
  };
}

const matches = (pattern: string, url: string): boolean =>
  new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(url.replace(/\?.*/, ''));

/** The whole adapter: it supplies the route, and nothing else. */
function tinyMetrics(framework: TinyFramework, recorder: MetricsRecorder, options?: RequestMetricsOptions): void {
  const track = requestMetrics(recorder, options, 'tinyMetrics');
  framework.before((request, response, pattern) => track(request, response, pattern));
}

describe('An adapter for a web framework, written with public names only', () => {
  let recorder: PrometheusRecorder;
  let origin: string;
  let close: () => Promise<unknown>;

  beforeEach(async () => {
    recorder = new PrometheusRecorder();
    const framework = new TinyFramework();
    tinyMetrics(framework, recorder, { buckets: [60] });
    framework
      .get('/metrics', (request, response) => handleScrape(recorder, request, response))
      .get('/teams/:team', (_request, response) => response.end('a team'));
    const server = createServer(framework.listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    };
  });

  afterEach(() => close());

  /** The status, the type and the text of a response. */
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(origin + path, init);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  it('records the requests of the framework by method, pattern and status, never by path', async () => {
    for (const path of ['/teams/payments', '/teams/search', '/nowhere']) await ask(path);
    const labels = (route: string, status: number): string =>
      `{http_request_method="GET",url_scheme="http"${route},http_response_status_code="${status}"}`;
    const team = labels(',http_route="/teams/:team"', 200);
    let text = '';
    await until(async () => {
      ({ text } = await ask('/metrics'));
      return text.includes(labels('', 404));
    });
    expect(text)
      .to.contain(`http_server_request_duration_seconds_count${team} 2\n`)
      .and.to.contain(`http_server_request_duration_seconds_count${labels('', 404)} 1\n`)
      .and.to.contain(`http_server_response_body_size_bytes_sum${team} 12\n`)
      .and.to.contain('http_server_active_requests{http_request_method="GET",url_scheme="http"} 1\n')
      .and.not.to.contain('payments');
  });

  it('serves a scrape in the format that the request asks for, and only to GET and HEAD', async () => {
    expect(await ask('/metrics?name[]=nothing')).to.deep.equal({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      text: '',
    });
    const openMetrics = await ask('/metrics?name[]=nothing', { headers: { Accept: 'application/openmetrics-text' } });
    expect(openMetrics).to.include({ type: 'application/openmetrics-text; version=1.0.0; charset=utf-8' });
    expect(openMetrics.text).to.equal('# EOF\n');
    expect(await ask('/metrics', { method: 'HEAD' })).to.include({ status: 200, text: '' });
    expect(await ask('/metrics', { method: 'POST' })).to.include({ status: 405 });
  });

  it('refuses wrong options and a wrong recorder in the name of the adapter', () => {
    const framework = new TinyFramework();
    expect(() => tinyMetrics(framework, recorder, { prefix: '1-', route: 'x' } as never))
      .to.throw('tinyMetrics: 2 problems.')
      .with.property('code', 'unknown_option');
    expect(() => tinyMetrics(framework, undefined as never)).to.throw(
      'tinyMetrics: "recorder" must be a MetricsRecorder (given undefined). Pass for example new PrometheusRecorder().',
    );
  });
});
