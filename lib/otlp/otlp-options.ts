import type { Advice } from '../recorder/reports.js';
import type { ClientOptions, ClientTlsOptions } from '../sending/http-client.js';

/** Where and how the metrics are sent. Every option may be left out; an option wins over its variable of the environment. */
export interface OtlpOptions extends ClientOptions {
  /** The base URL of the receiver, to which `/v1/metrics` is added. Default: `OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://localhost:4318`. */
  readonly endpoint?: string | undefined;
  /** The URL as it is, instead of `endpoint`. Default: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, else none. */
  readonly url?: string | undefined;
  /** Headers of each request, e.g. with a token. They never appear in errors or advice. Default: `OTEL_EXPORTER_OTLP_[METRICS_]HEADERS`, else none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The authorities that sign the receiver's certificate, and a client's certificate with its key, in PEM. Default: the files
   * that `OTEL_EXPORTER_OTLP_[METRICS_]CERTIFICATE`, `OTEL_EXPORTER_OTLP_[METRICS_]CLIENT_CERTIFICATE` and
   * `OTEL_EXPORTER_OTLP_[METRICS_]CLIENT_KEY` name, else none.
   */
  readonly tls?: ClientTlsOptions | undefined;
  /** How requests are written: `http/protobuf`, or `http/json` for a receiver that takes nothing else, at several times the cost. There is no gRPC. Default: `OTEL_EXPORTER_OTLP_[METRICS_]PROTOCOL`, else `http/protobuf`. */
  readonly protocol?: 'http/protobuf' | 'http/json' | undefined;
  /** Whether requests are compressed. Default: `OTEL_EXPORTER_OTLP_[METRICS_]COMPRESSION`, else `none` for a receiver on this machine, and `gzip` for any other. */
  readonly compression?: 'gzip' | 'none' | undefined;
  /** How many seconds one request may take. Default: `OTEL_EXPORTER_OTLP_[METRICS_]TIMEOUT`, in milliseconds, else 10. */
  readonly timeoutSeconds?: number | undefined;
  /**
   * Totals since the start (`cumulative`), or what has been added since the last export (`delta`). `lowmemory` is `delta` but
   * for metrics of prom-client. Default: `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, else `cumulative`, which
   * Prometheus needs.
   */
  readonly temporality?: 'cumulative' | 'delta' | 'lowmemory' | undefined;
  /** How many seconds are between two exports. Default: `OTEL_METRIC_EXPORT_INTERVAL`, in milliseconds, else 60. */
  readonly intervalSeconds?: number | undefined;
  /** How many seconds one export may take, with all its requests and retries. Default: `OTEL_METRIC_EXPORT_TIMEOUT`, in milliseconds, else 30. */
  readonly exportTimeoutSeconds?: number | undefined;
  /** How many seconds the last export may hold up the end of the process. Default 2. */
  readonly shutdownTimeoutSeconds?: number | undefined;
  /**
   * Attributes of the resource, e.g. `{ 'service.name': 'billing' }`. Default: `OTEL_RESOURCE_ATTRIBUTES` and
   * `OTEL_SERVICE_NAME`. A `service.instance.id` of its own is added for each process, if none is given.
   */
  readonly resource?: Readonly<Record<string, string>> | undefined;
  /** Is called when the state of the exports changes for the worse, and for names that do not come back. Default: a process warning. */
  readonly onAdvice?: ((advice: Advice) => void) | undefined;
  /** Whether `start()` prints where the metrics go, without credentials, to the standard error. Default `true`. */
  readonly announce?: boolean | undefined;
}
