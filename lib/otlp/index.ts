export type { ClientOptions, ClientTlsOptions } from '../sending/http-client.js';
export type { ExportResult } from './export-run.js';
export { OtlpExporter } from './otlp-exporter.js';
export type { OtlpOptions } from './otlp-options.js';
