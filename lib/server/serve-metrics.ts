import { PrometheusRecorder } from '../prometheus/prometheus-recorder.js';
import { recorderOf, refuseUnlessRecorder, setDefaultRecorder } from '../recorder/attach.js';
import type { MetricsServerOptions } from './config/options.js';
import { MetricsServer } from './metrics-server.js';

/** The options of `MetricsServer`, and the recorder to serve. */
export interface ServeMetricsOptions extends MetricsServerOptions {
  /** The recorder to serve. Default: a new `PrometheusRecorder`. */
  readonly recorder?: PrometheusRecorder | undefined;
}

/** What `serveMetrics` has started. */
export interface ServedMetrics {
  readonly recorder: PrometheusRecorder;
  /** The URL to scrape, for example `http://127.0.0.1:9090/metrics`. */
  readonly url: string;
  /**
   * Stops listening, and resolves when all open responses have been sent, or after `closeTimeoutSeconds`. May be called more
   * than once.
   */
  close(): Promise<void>;
}

/**
 * Creates a recorder, makes it the default recorder, and serves it, in one call. It records every annotated method whose
 * instance has no recorder of its own. It needs no web framework.
 *
 * @throws MetricsError where an option or a file is wrong, the port is taken, or a package is missing.
 * @example
 * import { Counter, instrumentFunction } from 'flowplane-metrics';
 * import { serveMetrics } from 'flowplane-metrics/serve';
 *
 * const { url, close } = await serveMetrics({ port: 0 });
 * const double = instrumentFunction((n: number) => 2 * n, Counter({ name: 'doubles_total', help: 'Doubled numbers' }));
 * double(21);
 * console.log(await (await fetch(url)).text());
 * await close();
 */
export async function serveMetrics({
  recorder = new PrometheusRecorder(),
  ...options
}: ServeMetricsOptions = {}): Promise<ServedMetrics> {
  const server = new MetricsServer(recorder, options);
  // Why before it listens: a server whose recorder is refused must not stay behind.
  refuseUnlessRecorder('serveMetrics', recorder);
  const { url } = await server.listen();
  setDefaultRecorder(recorder);
  return {
    recorder,
    url,
    close: async () => {
      if (recorderOf(undefined) === recorder) setDefaultRecorder(undefined);
      await server.close();
    },
  };
}
