import { MetricsError } from '../error.js';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'is taken. Pass another "port" or set FLOWPLANE_METRICS_PORT; mind that Prometheus itself listens on 9090 by default',
  EACCES: 'may not be opened by this user. Pass a "port" above 1023, or set FLOWPLANE_METRICS_PORT',
  EADDRNOTAVAIL: 'is not an address of this machine. Pass another "host", or set FLOWPLANE_METRICS_HOST',
  ENOTFOUND: 'is not a known host. Pass another "host", or set FLOWPLANE_METRICS_HOST',
};

/** Why a server could not listen, and which option to change. */
export function listenError(site: string, host: string, port: number, cause: unknown): MetricsError {
  const code = (cause as { code?: string }).code ?? 'unknown error';
  const reason = reasons[code] ?? 'cannot be listened on. Check "host" and "port"';
  const message = `address "${host}:${port}" ${reason.replace('. ', ` (${code}). `)}.`;
  return new MetricsError(site, [{ code: 'listen_failed', message }], { cause });
}
