import type { MetricsServerOptions } from './server-options.js';

/** Where to listen: what the options say, else the environment, else 127.0.0.1:9090. */
export function serverAddress(options: MetricsServerOptions): { host: string; port: number } {
  const { FLOWPLANE_METRICS_HOST: host, FLOWPLANE_METRICS_PORT: port } = process.env;
  return {
    host: options.host ?? (host || '127.0.0.1'),
    port: options.port ?? (port ? Number(port) : 9090),
  };
}

/** The `web-config.yml` to read, if any. */
export const webConfigFile = (options: MetricsServerOptions): string | undefined =>
  options.webConfigFile ?? (process.env['FLOWPLANE_METRICS_WEB_CONFIG_FILE'] || undefined);
