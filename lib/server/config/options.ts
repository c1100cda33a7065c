import type { ServerOptions } from 'node:http';
import { isIPv6 } from 'node:net';
import type { ClientAuthType } from '../../access/client-certificates.js';
import type { OtlpOptions } from '../../otlp/otlp-options.js';
import type { Advice } from '../../recorder/reports.js';
import type { TlsVersionName } from '../tls/tls-config.js';

/** TLS, as in the section `tls_server_config` of a `web-config.yml`. */
export interface ServerTlsOptions {
  /** The certificate in PEM, followed by the certificates between it and the root. */
  readonly cert?: string;
  /** A file with the certificate. */
  readonly certFile?: string;
  /** The private key of the certificate, in PEM. */
  readonly key?: string;
  /** A file with the key. */
  readonly keyFile?: string;
  /** What the server demands of its clients' certificates. Default `NoClientCert`; `RequireAndVerifyClientCert` is mutual TLS. */
  readonly clientAuthType?: ClientAuthType;
  /** The authority that signs the clients' certificates, in PEM. Default: every authority that this system trusts. */
  readonly clientCa?: string;
  /** A file with the certificate of that authority. */
  readonly clientCaFile?: string;
  /** A client's certificate must have one of these as DNS name, e-mail, IP address or URI. Default: every name is accepted. */
  readonly clientAllowedSans?: readonly string[];
  /** The lowest TLS version. Default `TLS12`. */
  readonly minVersion?: TlsVersionName;
  /** The highest TLS version. Default `TLS13`. */
  readonly maxVersion?: TlsVersionName;
  /** The cipher suites for TLS up to 1.2, by Go's names. Default: those of Node. */
  readonly cipherSuites?: readonly string[];
  /** Whether the server's order of cipher suites wins over the client's. Default `true`. */
  readonly preferServerCipherSuites?: boolean;
  /** `X25519`, `CurveP256`, `CurveP384`, `CurveP521`, best first. Default: those of Node. */
  readonly curvePreferences?: readonly string[];
}

/**
 * Where a metrics server listens, who may scrape it, and how much it serves. Every option may be left out.
 *
 * Every configured check must pass; where both passwords and tokens are configured, either one is accepted. A changed file
 * that is invalid, or would remove TLS, authentication or certificate checks, is ignored with a warning; the previous
 * configuration stays active.
 */
export interface MetricsServerOptions {
  /** The address to listen on. Default: `FLOWPLANE_METRICS_HOST`, else 127.0.0.1: this machine only. */
  readonly host?: string | undefined;
  /** The port to listen on, 0 for any free one. Default: `FLOWPLANE_METRICS_PORT`, else 9090. */
  readonly port?: number | undefined;
  /**
   * Whether several processes or threads serve their metrics together. Then one of them serves those of all: the primary of a
   * cluster, or the first one at the socket that `FLOWPLANE_METRICS_SOCKET` names, under PM2 one of its own. The others
   * publish to it, and do not listen. Write the same in all of them. Default `false`.
   */
  readonly cluster?: boolean | undefined;
  /**
   * Whether everything that listens runs in a thread of its own, so that scrapes cost the service next to nothing, and are
   * answered while its event loop is blocked. It takes some 15 MB. The thread's heap may have 512 megabytes, or as many as
   * `maxHeapMegabytes` says. Default `false`.
   */
  readonly thread?: boolean | { readonly maxHeapMegabytes: number } | undefined;
  /** Whether the server keeps the process running. Default `false`. */
  readonly keepAlive?: boolean | undefined;
  /** Whether the process metrics of prom-client, or else of its successor, are exposed too, where one is installed. Default `true`. */
  readonly processMetrics?: boolean | undefined;
  /**
   * A `web-config.yml`, as every exporter of Prometheus takes it: TLS, users, headers, rate limit. The file, and the files
   * that it names, are read again when they change. Default: `FLOWPLANE_METRICS_WEB_CONFIG_FILE`, else none.
   */
  readonly webConfigFile?: string | undefined;
  /** Serve HTTPS. Default: HTTP. */
  readonly tls?: ServerTlsOptions | undefined;
  /** Basic authentication: the bcrypt hash of each user's password. Default: no password is required. */
  readonly basicAuthUsers?: Readonly<Record<string, string>> | undefined;
  /** Bearer tokens; each of them is accepted. Default: no token is required. */
  readonly bearerTokens?: readonly string[] | undefined;
  /** A file with bearer tokens, one a line. It is read again when it changes. Default: none. */
  readonly bearerTokensFile?: string | undefined;
  /** The IP addresses and networks (`10.0.0.0/8`) whose requests are accepted. Default: all. */
  readonly allowedAddresses?: readonly string[] | undefined;
  /**
   * The proxies whose `X-Forwarded-For` is trusted for the client's address: a list of addresses, or `true` for every peer,
   * where only proxies can connect. Default `false`.
   */
  readonly trustProxy?: boolean | readonly string[] | undefined;
  /** Security headers of every response; they win over the server's own. Default: `nosniff`, no framing, a Content-Security-Policy that allows nothing. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** One request per interval (`1s`), and `burst` at once, for all clients together. Default: no limit. */
  readonly rateLimit?: { readonly interval: string; readonly burst: number } | undefined;
  /** The number of scrapes in flight; one more gets 503. Default 40. */
  readonly maxConcurrentScrapes?: number | undefined;
  /** The number of open connections; for one more, the oldest that sends no request is closed. Default 1,000. */
  readonly maxConnections?: number | undefined;
  /** How many seconds a client may take to send a request. Default 10. */
  readonly requestTimeoutSeconds?: number | undefined;
  /** How many seconds a client may take to read a response; then it is disconnected. Default 60. */
  readonly responseTimeoutSeconds?: number | undefined;
  /**
   * How many seconds `close()` waits for the responses that are being sent; then it cuts them off. Default 4: after a drain
   * of 25 seconds, the process ends within the 30 that Kubernetes gives it.
   */
  readonly closeTimeoutSeconds?: number | undefined;
  /** Whether the server exposes metrics of its own: scrapes, refused requests, reloads. Default `true`. */
  readonly endpointMetrics?: boolean | undefined;
  /**
   * Where the page at `/` leads from an exemplar, with labels of the exemplar in braces:
   * `https://traces.example/trace/{trace_id}`. Default: exemplars are text.
   */
  readonly exemplarUrl?: string | undefined;
  /**
   * At SIGTERM or SIGINT, answer `/-/ready` with 503 and wait for one more scrape, or for this many seconds (`true`: 25), so
   * that the last numbers are not lost. Default `false`.
   */
  readonly drain?: boolean | { readonly deadlineSeconds: number } | undefined;
  /**
   * Send the metrics over OTLP too, with these options or with those of the environment (`true`). Default: as
   * `OTEL_METRICS_EXPORTER` says, else `false`.
   */
  readonly otlp?: boolean | OtlpOptions | undefined;
  /** Is called once for each piece of advice, and when a changed file is ignored. Default: a process warning. */
  readonly onAdvice?: ((advice: Advice) => void) | undefined;
}

/** The options of `MetricsServer` that say who may scrape, and how much: those that hold in any server. */
export type AccessOptions = Pick<
  MetricsServerOptions,
  | 'basicAuthUsers'
  | 'bearerTokens'
  | 'bearerTokensFile'
  | 'allowedAddresses'
  | 'trustProxy'
  | 'headers'
  | 'rateLimit'
  | 'maxConcurrentScrapes'
  | 'onAdvice'
>;

/** The limits of a server, with the defaults filled in. */
export interface Limits {
  readonly maxConcurrentScrapes: number;
  readonly maxConnections: number;
  readonly requestTimeoutSeconds: number;
  readonly responseTimeoutSeconds: number;
  readonly closeTimeoutSeconds: number;
}

export const defaultLimits: Limits = {
  maxConcurrentScrapes: 40,
  maxConnections: 1000,
  requestTimeoutSeconds: 10,
  responseTimeoutSeconds: 60,
  closeTimeoutSeconds: 4,
};

export function limitsOf(options: MetricsServerOptions): Limits {
  const given = Object.keys(defaultLimits).map((name) => [name, options[name as keyof Limits]]);
  return { ...defaultLimits, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
}

/** Longer than most scrape intervals, so that a scraper can keep its connection. */
const keepAliveSeconds = 75;

/** These limits as options of `node:http`. */
export function httpOptions({ requestTimeoutSeconds }: Limits): ServerOptions {
  const timeout = requestTimeoutSeconds * 1000;
  return {
    // Why not here: `node:http` would answer without the security headers. `protect` refuses such a request.
    requireHostHeader: false,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(timeout, 1000),
    keepAliveTimeout: keepAliveSeconds * 1000,
  };
}

/** The address to listen on: from the options, else from the environment, else 127.0.0.1:9090. */
export function serverAddress(options: MetricsServerOptions): { host: string; port: number } {
  const { FLOWPLANE_METRICS_HOST: host, FLOWPLANE_METRICS_PORT: port } = process.env;
  return {
    host: options.host ?? (host || '127.0.0.1'),
    port: options.port ?? (port ? Number(port) : 9090),
  };
}

/** The URL of the process that serves, as far as the options of one that publishes tell. */
export function clusterAddress(options: MetricsServerOptions): { host: string; port: number; url: string } {
  const { host, port } = serverAddress(options);
  const scheme = options.tls === undefined ? 'http' : 'https';
  return { host, port, url: `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}/metrics` };
}

/** The path of the `web-config.yml`, if there is one. */
export const webConfigFile = (options: MetricsServerOptions): string | undefined =>
  options.webConfigFile ?? (process.env['FLOWPLANE_METRICS_WEB_CONFIG_FILE'] || undefined);
