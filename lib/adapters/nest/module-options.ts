import type { IncomingMessage } from 'node:http';
import type { Problem } from '../../error.js';
import { metricsPathRule } from '../../http/metrics-path.js';
import { checkRequestMetricsOptions, type RequestMetricsOptions } from '../../http/request-metrics-options.js';
import type { OtlpOptions } from '../../otlp/otlp-options.js';
import { isRecorder, type MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { checkOtlp, checkRecorder, checkServerOptions, otlpRule } from '../../server/config/option-checks.js';
import type { MetricsServerOptions } from '../../server/config/options.js';
import type { Scrapable } from '../../store/exposed-family.js';
import {
  checkOptions,
  functionRule,
  isFunction,
  isOptions,
  type Rule,
  type Rules,
  type Unchecked,
} from '../../validation.js';

/** A request of `node:http`, as the platform hands it on: `originalUrl` is its URL before any mount has taken a part of it. */
export type NestHttpRequest = IncomingMessage & { readonly originalUrl?: string };

/** Returns the route of a request whose response has ended. `pattern` is the pattern of the route that ran, if any. */
export type RouteReader = (request: NestHttpRequest, pattern: string | undefined) => unknown;

/** The options of request metrics in Nest. Every option may be left out. */
export interface NestRequestsOptions extends RequestMetricsOptions {
  /**
   * Returns the route where it is not the pattern of the route that ran, for example for requests that the middleware of
   * GraphQL answers. At most 500 routes keep their own label value. Where it throws, the request is not recorded, which is
   * counted.
   */
  readonly route?: RouteReader;
}

/** The options of `MetricsModule.forRoot`. Every option may be left out. */
export interface MetricsModuleOptions {
  /** The recorder that everything reports to. Default: a `PrometheusRecorder` for each application, with process metrics. */
  readonly recorder?: MetricsRecorder & Scrapable;
  /**
   * The metrics server on a port of its own, with the options of `MetricsServer`; `false` for none. Default: one on port 9090,
   * unless `path` is given.
   */
  readonly server?: MetricsServerOptions | false;
  /**
   * The path at which the application itself serves the metrics, for example `/metrics`, without the global prefix. Anyone who
   * can reach it can read your metrics: guards do not apply. Default: none.
   */
  readonly path?: string;
  /**
   * Send the metrics over OTLP too, with these options or with those of the environment (`true`). Default: as
   * `OTEL_METRICS_EXPORTER` says, else `false`.
   */
  readonly otlp?: boolean | OtlpOptions;
  /** The metrics of the application's requests, and how they are named; `false` for none. Default: as OpenTelemetry has them. */
  readonly requests?: NestRequestsOptions | false;
}

/** The options of `MetricsModule.forRootAsync`. */
export interface MetricsModuleAsyncOptions {
  /** The modules that export what is injected. Default: none. */
  // biome-ignore lint/suspicious/noExplicitAny: modules are of any shape, and Nest's own type takes them only from `any`.
  readonly imports?: any[];
  /** The tokens of what `useFactory` is called with, in that order. Default: none. */
  // biome-ignore lint/suspicious/noExplicitAny: a token is of any type, as in Nest's own.
  readonly inject?: any[];
  /** Returns the options, or a promise of them. */
  // biome-ignore lint/suspicious/noExplicitAny: what is injected is of any type, as in Nest's own.
  readonly useFactory: (...injected: any[]) => MetricsModuleOptions | Promise<MetricsModuleOptions>;
}

/** What errors call the module. */
export const site = 'MetricsModule';

const rules: Rules = {
  recorder: {
    must: 'be a MetricsRecorder',
    accepts: isRecorder,
    remedy: 'Pass for example new PrometheusRecorder()',
  },
  server: {
    must: 'be the options of a metrics server, or false',
    accepts: (value) => value === false || isOptions(value),
    remedy: 'Write for example { port: 9090 }, or leave it out',
  },
  path: metricsPathRule,
  otlp: otlpRule,
  requests: {
    must: 'be the options of request metrics, or false',
    accepts: (value) => value === false || isOptions(value),
    remedy: 'Write for example { prefix: "api_" }, or leave it out',
  },
};

const requestRules: Rules = { route: functionRule('Leave it out for the pattern of the route that ran') };

const listRule: Rule = { must: 'be a list', accepts: Array.isArray, remedy: 'Leave it out where there are none' };

const asyncRules: Rules = {
  imports: listRule,
  inject: listRule,
  useFactory: {
    must: 'be a function that returns the options',
    accepts: isFunction,
    remedy: 'Write for example useFactory: () => ({ path: "/metrics" })',
    isRequired: true,
  },
};

/** Checks the options of the module, and those of its parts. */
export function checkModuleOptions(options: unknown): Problem[] {
  const problems = checkOptions(options, rules);
  if (problems.length > 0) return problems;
  const { recorder, server, otlp, requests } = options as MetricsModuleOptions;
  return [
    ...(recorder !== undefined && serves(options as MetricsModuleOptions) ? checkRecorder(recorder) : []),
    ...(server ? checkServerOptions(server) : []),
    ...checkOtlp(otlp),
    ...(requests ? checkRequestMetricsOptions(requests as Unchecked, requestRules) : []),
  ];
}

export const checkAsyncOptions = (options: unknown): Problem[] => checkOptions(options, asyncRules);

/** The options of the metrics server; `undefined` where there is none. */
export function serverOptionsOf({ server, path, otlp }: MetricsModuleOptions): MetricsServerOptions | undefined {
  if (server === false) return undefined;
  const options = server ?? (path === undefined ? {} : undefined);
  return options && { ...(otlp !== undefined && { otlp }), ...options };
}

const serves = (options: MetricsModuleOptions): boolean =>
  serverOptionsOf(options) !== undefined || options.path !== undefined;
