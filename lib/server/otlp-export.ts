import { formatValue } from '../error.js';
import { OtlpExporter } from '../otlp/otlp-exporter.js';
import type { OtlpOptions } from '../otlp/otlp-options.js';
import type { Advice } from '../recorder/reports.js';
import type { Scrapable } from '../store/exposed-family.js';

/** What decides whether a server, or what installs one, exports over OTLP too. */
export interface ExportingOptions {
  readonly otlp?: boolean | OtlpOptions | undefined;
}

/** How an exporter is created. */
export type CreateExporter = typeof createExporter;

/** The exporters that OpenTelemetry knows; of these only OTLP is here, and a scrape needs none. */
const knownExporters: ReadonlySet<string> = new Set(['otlp', 'prometheus', 'console', 'logging', 'none']);
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
  const named = namedExporters();
  if (otlp === undefined && !named.includes('otlp')) {
    const message = adviceWithout(named);
    if (message !== undefined) onAdvice({ code: 'otlp', message });
    return undefined;
  }
  if (otlp === false) return undefined;
  return new OtlpExporter(scrapable, { onAdvice, ...(typeof otlp === 'object' && otlp) });
}

/** The exporters that `OTEL_METRICS_EXPORTER` names. */
const namedExporters = (): string[] =>
  (process.env['OTEL_METRICS_EXPORTER'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');

/** What is odd where no exporter is asked for; `undefined` for nothing. */
function adviceWithout(named: readonly string[]): string | undefined {
  const unknown = named.find((name) => !knownExporters.has(name));
  if (unknown !== undefined) {
    return `MetricsServer: OTEL_METRICS_EXPORTER names an exporter that there is not, so metrics are not sent over OTLP (given ${formatValue(unknown)}). Write "otlp", or unset it.`;
  }
  const endpoint = endpoints.find((name) => process.env[name]);
  // Why nothing where an exporter is named: then OTLP is not wanted.
  if (named.length > 0 || endpoint === undefined) return undefined;
  return `MetricsServer: metrics are not sent over OTLP (given ${endpoint}, and nothing that asks for it). Set OTEL_METRICS_EXPORTER=otlp or otlp: true to send them, or otlp: false for none.`;
}
