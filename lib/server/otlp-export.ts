import { OtlpExporter } from '../otlp/otlp-exporter.js';
import type { OtlpOptions } from '../otlp/otlp-options.js';
import type { Advice } from '../recorder/reports.js';
import type { Scrapable } from '../store/exposed-family.js';

/** What decides whether a server, or what installs one, exports over OTLP too. */
export interface ExportingOptions {
  readonly otlp?: boolean | OtlpOptions | undefined;
}

const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'];

/**
 * Creates the exporter that the options or `OTEL_METRICS_EXPORTER` ask for; `undefined` for none. Advises where an endpoint is
 * there and nothing asks for an exporter: it may be meant for traces alone.
 *
 * @throws MetricsError naming every option and variable that is wrong.
 */
export function createExporter(
  scrapable: Scrapable,
  { otlp }: ExportingOptions,
  onAdvice: (advice: Advice) => void,
): OtlpExporter | undefined {
  if (otlp === undefined && !isNamed()) {
    const endpoint = endpoints.find((name) => process.env[name]);
    if (endpoint !== undefined) onAdvice({ code: 'otlp', message: onlyEndpoint(endpoint) });
    return undefined;
  }
  if (otlp === false) return undefined;
  return new OtlpExporter(scrapable, { onAdvice, ...(typeof otlp === 'object' && otlp) });
}

const isNamed = (): boolean =>
  (process.env['OTEL_METRICS_EXPORTER'] ?? '').split(',').some((name) => name.trim().toLowerCase() === 'otlp');

const onlyEndpoint = (name: string): string =>
  `MetricsServer: metrics are not sent over OTLP (given ${name}, and nothing that asks for it). Set OTEL_METRICS_EXPORTER=otlp or otlp: true to send them, or otlp: false for none.`;
