import { PrometheusRecorder } from '../prometheus/prometheus-recorder.js';
import { recorderOf, setDefaultRecorder } from '../recorder/attach.js';
import type { MetricsServerOptions } from './config/server-options.js';
import { MetricsServer } from './metrics-server.js';

/** Those of the server, and which recorder it serves. */
export interface ServeMetricsOptions extends MetricsServerOptions {
  /** The recorder to serve. Default: a new `PrometheusRecorder`. */
  readonly recorder?: PrometheusRecorder | undefined;
}

/** What `serveMetrics` has started. */
export interface ServedMetrics {
  readonly recorder: PrometheusRecorder;
  /** What to scrape, e.g. `http://127.0.0.1:9090/metrics`. */
  readonly url: string;
  /** Stops listening, once the scrapes that are running have been answered. Idempotent. */
  close(): Promise<void>;
}

/**
 * Recorder, default recorder and server in one call: whatever is annotated in this process and wired to nothing else is
 * recorded, and can be scraped. Needs no web framework.
 *
 * @throws MetricsError where an option or a file is wrong, the port is taken, or a package that is needed is not installed.
 */
export async function serveMetrics({
  recorder = new PrometheusRecorder(),
  ...options
}: ServeMetricsOptions = {}): Promise<ServedMetrics> {
  const server = new MetricsServer(recorder, options);
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
