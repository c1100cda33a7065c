import type { Option, PublicTypes, Source } from './public-types.js';

/** One table of the page. */
interface Section {
  readonly title: string;
  /** Who takes these options. */
  readonly introduction: string;
  readonly source: Source;
  /** Options of these are left out: they stand in a table of their own. */
  readonly beside?: Source;
  /** Of those, these are shown all the same. */
  readonly also?: readonly string[];
}

const family: Source = { parameterOf: 'defineHistogram' };
const decorator = (name: string, introduction: string): Section => ({
  title: `@${name}`,
  introduction: `${introduction} Beside these it takes the options of a [family](#families).`,
  source: { parameterOf: name },
  beside: family,
  also: ['labels'],
});

const requests: Source = { type: 'RequestMetricsOptions' };
const forFramework = (title: string, type: string, guide: string): Section => ({
  title,
  introduction: `Beside the options of [request metrics](#request-metrics), it takes this. [The guide](../guides/${guide}.md) has an example.`,
  source: { type },
  beside: requests,
});

const sections: readonly Section[] = [
  {
    title: 'PrometheusRecorder',
    introduction:
      '`new PrometheusRecorder(options)` and `installMetrics(container, options)` take these. `installMetrics` takes `{ recorder }` instead, to use a recorder that you have made.',
    source: { type: 'PrometheusRecorderOptions' },
  },
  {
    title: 'MemoryRecorder and NoopRecorder',
    introduction: 'Every recorder takes these, also one that you write yourself by extending `AbstractRecorder`.',
    source: { type: 'RecorderOptions' },
  },
  {
    title: 'MetricsServer',
    introduction:
      '`new MetricsServer(recorder, options)` and `serveMetrics(options)` take these. `server.drain(seconds)` and `server.reload()` do by hand what `drain` and a changed file do.',
    source: { type: 'MetricsServerOptions' },
  },
  {
    title: 'tls',
    introduction: 'The option `tls` of a `MetricsServer`.',
    source: { type: 'ServerTlsOptions' },
  },
  {
    title: 'serveMetrics',
    introduction: '`serveMetrics(options)` takes this beside the options of a [MetricsServer](#metricsserver).',
    source: { type: 'ServeMetricsOptions' },
    beside: { type: 'MetricsServerOptions' },
  },
  {
    title: 'MetricsAggregator',
    introduction:
      '`new MetricsAggregator(options)` takes these; [Several processes and threads](../guides/processes.md) explains them.',
    source: { type: 'AggregatorOptions' },
  },
  {
    title: 'publishMetrics',
    introduction: '`publishMetrics(recorder, options)` takes these.',
    source: { type: 'PublishOptions' },
  },
  {
    title: 'Request metrics',
    introduction:
      '`httpMetrics(recorder, options)` of every framework takes these, and so do `metricsPlugin` of Fastify, `requests` of Nest and `requestMetrics`. [Measure the requests of your app](../guides/http-requests.md) explains them.',
    source: requests,
  },
  forFramework('httpMetrics of Koa', 'HttpMetricsOptions', 'koa'),
  forFramework('httpMetrics of Express', 'ExpressMetricsOptions', 'express'),
  forFramework('metricsPlugin of Fastify', 'MetricsPluginOptions', 'fastify'),
  forFramework('httpMetrics of Hono', 'HonoMetricsOptions', 'hono'),
  forFramework('httpMetrics of node:http', 'NodeHttpMetricsOptions', 'handlers'),
  {
    title: 'MetricsModule of Nest',
    introduction:
      '`MetricsModule.forRoot(options)` takes these, and `useFactory` of `forRootAsync` returns them. [Measure and serve with Nest](../guides/nest.md) has examples.',
    source: { type: 'MetricsModuleOptions' },
  },
  forFramework('requests of Nest', 'NestRequestsOptions', 'nest'),
  {
    title: 'MetricsModule.forRootAsync of Nest',
    introduction: '`MetricsModule.forRootAsync(options)` takes these.',
    source: { type: 'MetricsModuleAsyncOptions' },
  },
  {
    title: 'OtlpExporter',
    introduction:
      '`new OtlpExporter(recorder, options)` takes these, and so does the option `otlp` of a `MetricsServer`, of `serveMetrics` and of `MetricsModule`. [Send metrics over OTLP](../guides/otlp.md) explains them.',
    source: { type: 'OtlpOptions' },
  },
  {
    title: 'pushToGateway',
    introduction:
      '`pushToGateway(recorder, options)` takes these, and `deleteFromGateway(options)` all but `method` and `format`. [Metrics of jobs](../guides/jobs.md) explains them.',
    source: { type: 'PushOptions' },
  },
  {
    title: 'Families',
    introduction:
      '`defineCounter`, `defineGauge` and `defineHistogram` take these, `buckets` and `native` only the last one. A decorator that declares its family in place takes them too.',
    source: family,
  },
  {
    title: 'native',
    introduction:
      'The option `native` of a histogram, where it is more than `true`. [Native histograms](../guides/native-histograms.md) explains them.',
    source: { type: 'NativeHistogramOptions' },
  },
  {
    title: 'Label policies',
    introduction:
      'The values of `labels` of a family. In place they stand beside the readers: `team: { args: (team) => team, limit: 100 }`. [Labels and cardinality](../guides/labels-and-cardinality.md) explains them.',
    source: { type: 'LabelPolicy' },
  },
  decorator('Counter', '`on` decides which calls count, and what `when` and `by` read.'),
  decorator('Gauge', 'It sets a gauge when a call has returned.'),
  decorator('Histogram', 'It observes a value when a call has returned.'),
  decorator(
    'Timed',
    "`on` decides which calls count, and what `when` reads. With a family that is declared elsewhere it takes `unit: 'milliseconds'` too, where that family has milliseconds; the default is `'seconds'`.",
  ),
  decorator('InFlight', 'It counts the calls that have begun and have not settled.'),
  {
    title: '@Instrumented',
    introduction: '`@Instrumented(options)` on a class takes these.',
    source: { type: 'InstrumentedOptions' },
  },
  {
    title: 'scrape',
    introduction:
      '`scrape(recorder, request)` takes this description of an HTTP request; [Use it in plain Node](../guides/plain-node.md) has an example.',
    source: { type: 'ScrapeRequest' },
  },
];

const header = `# Options

After this page you can look up every option, its type and its default.

<!-- Written by "npm run docs" from the doc comments of the public types. Change it there. -->
An option that is misspelled or has a wrong value is refused with an error that names all problems at once.
A dash in the column *default* means that the option has no effect unless it is given, or that its meaning says more.
`;

/** The page of all options, made from the doc comments of the declarations that the package ships. */
export function optionsReference(types: PublicTypes): string {
  const tables = sections.map((section) => ({ ...section, options: optionsOf(types, section) }));
  const all = tables.flatMap(({ options }) => options);
  return [header, environmentTable(all), ...tables.map(sectionText)].join('\n');
}

function optionsOf(types: PublicTypes, { source, beside, also = [] }: Section): Option[] {
  const elsewhere = beside === undefined ? [] : types.options(beside).map(({ name }) => name);
  return types.options(source).filter(({ name }) => also.includes(name) || !elsewhere.includes(name));
}

function sectionText({ title, introduction, options }: Section & { readonly options: readonly Option[] }): string {
  const rows = options.map((option) => [`\`${option.name}\``, code(option.type), defaultOf(option), option.meaning]);
  return `## ${title}\n\n${introduction}\n\n${table(['option', 'type', 'default', 'meaning'], rows)}`;
}

const defaultOf = ({ default: stated, isRequired }: Option): string => (isRequired ? 'required' : (stated ?? '–'));

/** Which environment variables the options name. */
function environmentTable(options: readonly Option[]): string {
  const named = options.flatMap((option) =>
    [...`${option.default} ${option.meaning}`.matchAll(/(?:FLOWPLANE|OTEL)_[\w[\]]+/g)].map(([variable]) => [
      variable,
      option.name,
    ]),
  );
  const unique = new Map(named.map(([variable, option]) => [variable as string, option as string]));
  const rows = [...unique].sort().map(([variable, option]) => [`\`${variable}\``, `\`${option}\``]);
  return `## Environment variables\n\nAn option that is given wins over its variable.\n\n${table(['variable', 'option'], rows)}`;
}

const code = (text: string): string => `\`${text}\``;

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/(?<!\\)\|/g, '\\|')).join(' | ')} |\n`;
  return [titles, titles.map(() => '---'), ...rows].map(line).join('');
}
