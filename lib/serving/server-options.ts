import { unknownOptions } from '../definition/family-problems.js';
import { type Problem, refuseIfAny, shown } from '../error.js';

/** Where the metrics server listens; all may be left out. */
export interface MetricsServerOptions {
  /** The address to listen on. Default: `FLOWPLANE_METRICS_HOST`, else 127.0.0.1: this machine only. */
  readonly host?: string | undefined;
  /** The port to listen on, 0 for any free one. Default: `FLOWPLANE_METRICS_PORT`, else 9090. */
  readonly port?: number | undefined;
  /** Keep the process running for the server's sake. Default `false`. */
  readonly keepAlive?: boolean | undefined;
  /** Expose the process metrics of prom-client too, where it is installed. Default `true`. */
  readonly processMetrics?: boolean | undefined;
}

const known = ['host', 'port', 'keepAlive', 'processMetrics'];

/**
 * Where to listen: what the options say, else the environment, else 127.0.0.1:9090.
 *
 * @throws MetricsError naming the option or variable that is wrong.
 */
export function serverAddress(options: MetricsServerOptions): { host: string; port: number } {
  const { FLOWPLANE_METRICS_HOST: envHost, FLOWPLANE_METRICS_PORT: envPort } = process.env;
  const host = options.host ?? (envHost || '127.0.0.1');
  const port = options.port ?? (envPort ? Number(envPort) : 9090);
  const source = options.port === undefined ? 'FLOWPLANE_METRICS_PORT' : '"port"';
  const given = options.port ?? envPort;
  refuseIfAny('MetricsServer', [...unknownOptions({ ...options }, known), ...portProblems(source, port, given)]);
  return { host, port };
}

function portProblems(source: string, port: number, given: unknown): Problem[] {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return [];
  const message = `${source} must be a whole number from 0 to 65535 (given ${shown(given)}). Use 9090, or 0 for any free port.`;
  return [{ code: 'illegal_option', message }];
}
