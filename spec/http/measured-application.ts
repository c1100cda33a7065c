import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RouterMiddleware } from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import { type HttpMetricsOptions, httpMetrics } from '../../lib/adapters/koa/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { until } from '../until.js';

export const duration = 'http_server_request_duration_seconds';
export const size = 'http_server_response_body_size_bytes';
export const active = 'http_server_active_requests';

/** The labels of a request in OpenTelemetry's names, without those that are absent. A request without a status was aborted. */
export const labels = (
  method: string,
  route: string,
  status?: string,
  error = status === undefined ? 'aborted' : '',
) => ({
  http_request_method: method,
  url_scheme: 'http',
  ...(route !== '' && { http_route: route }),
  ...(status !== undefined && { http_response_status_code: status }),
  ...(error !== '' && { error_type: error }),
});

/** A Koa application that is measured, served as its users see it. */
export class MeasuredApplication {
  readonly koa = new Koa();
  readonly #server = createServer();

  constructor(readonly recorder = new MemoryRecorder({ strict: true })) {
    this.koa.silent = true;
  }

  /** Serves these, with the metrics before them. */
  serve(...middleware: RouterMiddleware[]): Promise<void> {
    return this.serveWith({}, ...middleware);
  }

  async serveWith(options: HttpMetricsOptions, ...middleware: RouterMiddleware[]): Promise<void> {
    this.koa.use(httpMetrics(this.recorder, options));
    for (const one of middleware) this.koa.use(one);
    this.#server.on('request', this.koa.callback()).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** One request, read to the end of its answer and measured. */
  async ask(path: string, method = 'GET'): Promise<{ status: number | undefined; body: string }> {
    const [response] = await once(httpRequest(this.origin + path, { method, agent: false }).end(), 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    await until(() => this.inFlight === 0);
    return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
  }

  /** How many requests are in flight, whatever their method. */
  get inFlight(): number {
    return this.recorder.series(active).reduce((sum, { value }) => sum + value, 0);
  }

  /** Which requests were measured, each as often as it was. */
  get measured() {
    return this.recorder.series(`${duration}_count`);
  }

  /** The labels of the one request that is measured, once it is. */
  async onlyMeasured(): Promise<unknown> {
    await until(() => this.measured.length > 0);
    expect(this.inFlight).to.equal(0);
    expect(this.measured.map(({ value }) => value)).to.deep.equal([1]);
    return this.measured[0]?.labels;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
