import { MetricsError } from '../../error.js';
import { requestMetrics, type TrackRequest } from '../../http/request-metrics.js';
import type { OtlpExporter } from '../../otlp/otlp-exporter.js';
import { refuseUnlessRecorder } from '../../recorder/attach.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { drainSeconds } from '../../server/drain.js';
import type { ServerAddress } from '../../server/listening-server.js';
import { MetricsServer } from '../../server/metrics-server.js';
import { createExporter } from '../../server/otlp-export.js';
import { isScrapable } from '../../store/scrapable.js';
import { findHiddenRoute, isHttpPlatform, measureRequests, serveAtPath } from './http-platform.js';
import {
  type MetricsModuleOptions,
  type NestHttpRequest,
  type RouteReader,
  serverOptionsOf,
  site,
} from './module-options.js';
import type { HttpAdapter, HttpAdapterHost, ModulesContainer } from './nest-shapes.js';
import { attachClasses, attachInstances } from './observe-providers.js';

/** What the module has installed in one application. */
export class Installation {
  readonly #options: MetricsModuleOptions;
  readonly #recorder: MetricsRecorder;
  readonly #modules: ModulesContainer;
  readonly #host: HttpAdapterHost;
  readonly #track: TrackRequest | undefined;
  readonly #server: MetricsServer | undefined;
  #measured: HttpAdapter | undefined;
  #address: ServerAddress | undefined;
  /** What sends the metrics over OTLP, where no server does. */
  #exporter: OtlpExporter | undefined;

  /**
   * Nest calls it while it creates the instances: all classes are known then.
   *
   * @throws MetricsError where the recorder is none, or families clash.
   */
  constructor(
    options: MetricsModuleOptions,
    recorder: MetricsRecorder,
    modules: ModulesContainer,
    host: HttpAdapterHost,
  ) {
    refuseUnlessRecorder(site, recorder);
    this.#options = options;
    this.#recorder = recorder;
    this.#modules = modules;
    this.#host = host;
    attachClasses(modules, recorder);
    const { requests = {} } = options;
    if (requests !== false) {
      const { route = matchedPattern, ...requestOptions } = requests;
      const track = requestMetrics(recorder, requestOptions, site);
      this.#track = (request, response, patternOf) => {
        track(request, response, (method) =>
          route(request as NestHttpRequest, patternOf(method) as string | undefined),
        );
      };
    }
    const serverOptions = serverOptionsOf(options);
    // Why asked: a test may put a recorder that cannot be scraped in the place of the application's.
    if (serverOptions !== undefined && isScrapable(recorder)) this.#server = new MetricsServer(recorder, serverOptions);
    this.#measure();
  }

  /** Nest calls it before it registers the first route. */
  configure(): void {
    attachInstances(this.#modules, this.#recorder);
    this.#measure();
    const { path } = this.#options;
    const { httpAdapter } = this.#host;
    if (path === undefined || !isScrapable(this.#recorder)) return;
    if (!isHttpPlatform(httpAdapter)) throw new MetricsError(site, [noPlatform(path)]);
    serveAtPath(httpAdapter, path, this.#recorder);
  }

  async start(): Promise<void> {
    // Why again: middleware has its instances only now, and an application without HTTP is never configured.
    attachClasses(this.#modules, this.#recorder);
    attachInstances(this.#modules, this.#recorder);
    this.#refuseHiddenRoute();
    this.#address = await this.#server?.listen();
    const recorder = this.#recorder;
    if (this.#server !== undefined || !isScrapable(recorder)) return;
    this.#exporter = createExporter(recorder, this.#options, (advice) => recorder.advise(advice))?.start();
  }

  get address(): ServerAddress | undefined {
    return this.#address;
  }

  /** @param signal the signal that ends the application, if one does. */
  async stop(signal: string | undefined): Promise<void> {
    // Why not without a signal: a test that closes its application must not wait for a scrape.
    const drains = signal !== undefined && drainSeconds(serverOptionsOf(this.#options) ?? {}) !== undefined;
    this.#address = undefined;
    await (drains ? this.#server?.drain() : this.#server?.close());
    await this.#exporter?.shutdown();
  }

  /** Why only when the application starts: the routes are registered after the path, and have their prefix only then. */
  #refuseHiddenRoute(): void {
    const { path } = this.#options;
    const { httpAdapter } = this.#host;
    if (path === undefined || !isHttpPlatform(httpAdapter) || !isScrapable(this.#recorder)) return;
    const hidden = findHiddenRoute(httpAdapter, path);
    if (hidden === undefined) return;
    const message = `"path" hides a route of the application (given "${path}", and a route "${hidden}"). Choose another path for one of them.`;
    throw new MetricsError(site, [{ code: 'illegal_option', message }]);
  }

  /**
   * Begins to measure, as early as possible: middleware that was added before is not measured. In a test the application does
   * not exist yet when its instances are created.
   */
  #measure(): void {
    const { httpAdapter } = this.#host;
    if (this.#track === undefined || httpAdapter === this.#measured || !isHttpPlatform(httpAdapter)) return;
    this.#measured = httpAdapter;
    measureRequests(httpAdapter, this.#track, this.#options.path);
  }
}

const matchedPattern: RouteReader = (_request, pattern) => pattern;

const noPlatform = (path: string) => ({
  code: 'not_supported' as const,
  message: `"path" needs the HTTP platform of Express or Fastify (given "${path}" in an application with another one). Leave it out, and serve the metrics on a port of their own.`,
});
