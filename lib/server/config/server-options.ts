import type { ClientAuthType } from '../../access/client-certificates.js';
import type { Advice } from '../../recorder/advice.js';
import type { TlsVersionName } from '../tls/tls-names.js';

/** TLS, as in the section `tls_server_config` of a `web-config.yml`. */
export interface ServerTlsOptions {
  /** The certificate, or a file with it, in PEM, followed by those between it and the root. */
  readonly cert?: string;
  /** A file with the certificate. */
  readonly certFile?: string;
  /** The certificate's private key, in PEM. */
  readonly key?: string;
  /** A file with the key. */
  readonly keyFile?: string;
  /** What is asked of the clients' certificates. Default `NoClientCert`; `RequireAndVerifyClientCert` is mutual TLS. */
  readonly clientAuthType?: ClientAuthType;
  /** The authority that signs the clients' certificates, in PEM. Default: every one that this system trusts. */
  readonly clientCa?: string;
  /** A file with that authority's certificate. */
  readonly clientCaFile?: string;
  /** A client's certificate must have one of these as DNS name, e-mail, IP address or URI. Default: any will do. */
  readonly clientAllowedSans?: readonly string[];
  /** Default `TLS12`. */
  readonly minVersion?: TlsVersionName;
  /** Default `TLS13`. */
  readonly maxVersion?: TlsVersionName;
  /** For TLS up to 1.2, by Go's names. Default: those of Node. */
  readonly cipherSuites?: readonly string[];
  /** Whose order of cipher suites wins. Default `true`. */
  readonly preferServerCipherSuites?: boolean;
  /** `X25519`, `CurveP256`, `CurveP384`, `CurveP521`, best first. Default: those of Node. */
  readonly curvePreferences?: readonly string[];
}

/** Where and how a metrics server serves, and whom; all may be left out. */
export interface MetricsServerOptions {
  /** The address to listen on. Default: `FLOWPLANE_METRICS_HOST`, else 127.0.0.1: this machine only. */
  readonly host?: string | undefined;
  /** The port to listen on, 0 for any free one. Default: `FLOWPLANE_METRICS_PORT`, else 9090. */
  readonly port?: number | undefined;
  /** Keep the process running for the server's sake. Default `false`. */
  readonly keepAlive?: boolean | undefined;
  /** Expose the process metrics of prom-client too, where it is installed. Default `true`. */
  readonly processMetrics?: boolean | undefined;
  /**
   * A `web-config.yml`, as every exporter of Prometheus takes it: TLS, users, headers, rate limit. It and the files that it
   * names are read again when they change. Default: `FLOWPLANE_METRICS_WEB_CONFIG_FILE`, else none.
   */
  readonly webConfigFile?: string | undefined;
  /** Serve HTTPS. Default: HTTP. */
  readonly tls?: ServerTlsOptions | undefined;
  /** Basic authentication: the bcrypt hash of each user's password. Default: none is asked for. */
  readonly basicAuthUsers?: Readonly<Record<string, string>> | undefined;
  /** Bearer tokens, any of which will do. Default: none is asked for. */
  readonly bearerTokens?: readonly string[] | undefined;
  /** A file with bearer tokens, one in each line; it is read again when it changes. Default: none. */
  readonly bearerTokensFile?: string | undefined;
  /** IP addresses and networks (`10.0.0.0/8`) that may connect. Default: all. */
  readonly allowedAddresses?: readonly string[] | undefined;
  /**
   * Whose `X-Forwarded-For` tells the client's address: the addresses of your proxies, or `true` for whoever connects, where
   * nobody else can. Default `false`.
   */
  readonly trustProxy?: boolean | readonly string[] | undefined;
  /** Security headers of every response. Default: `nosniff`, no framing, a Content-Security-Policy that allows nothing. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** At most one request per interval (`1s`), and so many at once, of all clients together. Default: no limit. */
  readonly rateLimit?: { readonly interval: string; readonly burst: number } | undefined;
  /** Scrapes that are answered at once; one more gets 503. Default 40. */
  readonly maxConcurrentScrapes?: number | undefined;
  /** Connections at once; one more is closed. Default 1,000. */
  readonly maxConnections?: number | undefined;
  /** For so long a request may be on its way to us. Default 10. */
  readonly requestTimeoutSeconds?: number | undefined;
  /** For so long an answer may be on its way to a client; after that the client is cut off. Default 60. */
  readonly responseTimeoutSeconds?: number | undefined;
  /** Expose what the server tells of itself: scrapes, refused requests, reloads. Default `true`. */
  readonly endpointMetrics?: boolean | undefined;
  /**
   * On SIGTERM, fail `/-/ready` and stay until one more scrape was served, or for so many seconds (`true`: 25), so that the
   * last numbers are not lost. Default `false`.
   */
  readonly drain?: boolean | { readonly deadlineSeconds: number } | undefined;
  /** Hears each remark once, and of a changed file that cannot be used. Default: a process warning. */
  readonly onAdvice?: ((advice: Advice) => void) | undefined;
}
