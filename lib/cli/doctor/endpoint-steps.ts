import { setTimeout as wait } from 'node:timers/promises';
import { processLandmark } from '../../check/library-families.js';
import { formatCountOf } from '../../error.js';
import {
  type ExposedFamily,
  type ExposedSample,
  type Exposition,
  formatObjection,
  isProblem,
} from '../../exposition-reader/exposition.js';
import { listNativeFamilies } from '../../exposition-reader/native-families.js';
import { formatOf, readExposition } from '../../exposition-reader/read-exposition.js';
import { applicationFamilies, type DoctorState, fail, ok, type Step, type StepResult } from './diagnosis.js';
import { type HttpResponse, isResult, request, settingsOf } from './http.js';

/** The steps that look at the endpoint itself. */
export const endpointSteps: readonly Step[] = [
  { name: 'endpoint', needs: [], check: checkEndpoint },
  { name: 'format', needs: ['endpoint'], check: checkFormat },
  { name: 'families', needs: ['format'], check: checkFamilies },
  { name: 'native', needs: ['format'], check: checkNative },
  { name: 'values', needs: ['families'], check: checkValues },
  { name: 'losses', needs: ['format'], check: checkLosses },
  { name: 'cardinality', needs: ['format'], check: checkCardinality },
];

// Why the text format first: every consumer reads it. Why OpenMetrics too: some endpoints have nothing else.
const anyText = 'text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5';
const protobufType = 'application/vnd.google.protobuf';
const anyFormat = `${protobufType};proto=io.prometheus.client.MetricFamily;encoding=delimited,${anyText}`;

async function scrape({ options, clocks }: DoctorState, accept = anyText): Promise<HttpResponse | StepResult> {
  const headers = new Headers(options.metrics.headers);
  headers.set('Accept', accept);
  return request('The endpoint', { ...options.metrics, headers }, settingsOf('metrics'), clocks);
}

async function checkEndpoint(state: DoctorState): Promise<StepResult> {
  const response = await scrape(state);
  if (isResult(response)) return response;
  state.response = response;
  return ok(`${state.options.metrics.url} answers in ${Math.round(response.seconds * 1000)} ms`);
}

function checkFormat(state: DoctorState): StepResult {
  const { body, contentType } = state.response as HttpResponse;
  if (body.length > 0 && formatOf(contentType) === undefined) {
    return fail(
      contentType === ''
        ? 'The response has no content type, and Prometheus 3 refuses it'
        : `The content type is "${contentType}"`,
      'this URL is another page, or the exporter does not name its format',
      'Pass the URL of the metrics, which ends in /metrics unless you have set another path: --metrics.',
    );
  }
  const exposition = readExposition(body, { contentType });
  state.families = exposition.families;
  const problems = exposition.objections.filter(isProblem);
  const [first] = problems;
  if (first !== undefined) {
    const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more problems)`;
    return fail(
      `${formatObjection(first)}${more}`,
      'code in this process writes metrics by hand, or this is no exporter',
      'Correct the code that writes this line. If this is another page, pass the URL of the metrics: --metrics.',
    );
  }
  return ok(summarize(exposition, body.length), exposition.objections.map(formatObjection));
}

function summarize({ format, families, samples }: Exposition, bytes: number): string {
  const size = `${formatCountOf(families.size, 'family', 'families')}, ${formatCountOf(samples, 'sample')}, ${formatBytes(bytes)}`;
  return format === 'text' ? size : `${size}, in OpenMetrics`;
}

function checkFamilies({ options, families = new Map() }: DoctorState): StepResult {
  const missing = options.families.filter((name) => familyOf(families, name) === undefined);
  if (missing.length > 0) {
    return fail(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not exposed`,
      'the class that declares it was not loaded, or reports to another recorder',
      'Print recorder.explain() in that process: it says for each declared family whether instances report to it.',
    );
  }
  const own = applicationFamilies(families);
  if (own.length > 0) {
    const hasProcess = [...families.keys()].some((name) => processLandmark.test(name));
    return ok(formatNames(own.map(({ name }) => name)), hasProcess ? [] : [noProcessMetrics]);
  }
  return fail(
    'Only families of the runtime are exposed',
    'no class with decorated methods is loaded and reports to this recorder',
    'Let the container attach the recorder to its instances before it creates the first one, or call setDefaultRecorder(recorder).',
  );
}

const noProcessMetrics =
  'no metric of the process is exposed, such as process_start_time_seconds: prom-client is not installed, or ' +
  'processMetrics is not true. Panels and alerts about them stay empty.';

/** Looks for native histograms, which only protobuf has. */
async function checkNative(state: DoctorState): Promise<StepResult> {
  const response = await scrape(state, anyFormat);
  if (isResult(response)) return response;
  if (!response.contentType.startsWith(protobufType)) return ok('the endpoint has no protobuf, so no native histogram');
  try {
    state.nativeFamilies = listNativeFamilies(response.body);
  } catch (error) {
    return fail(
      `The protobuf of the endpoint cannot be read (${(error as Error).message})`,
      'code in this process writes it by hand, or something on the way changes it',
      'Correct that code, or let Prometheus ask for text: scrape_protocols in the scrape_config.',
    );
  }
  if (state.nativeFamilies.length === 0) return ok('there are no native histograms');
  return ok(`${formatNames(state.nativeFamilies)}, in protobuf only`);
}

async function checkValues(state: DoctorState): Promise<StepResult> {
  const before = valuesBySeries(state.families);
  if ([...before.values()].every((value) => value === 0)) {
    return ok(before.size === 0 ? 'no family has a sample yet' : 'every value is 0', [
      'no decorated method was called since the process started, or the called instances have no recorder. ' +
        'Send a request through the service. If that changes nothing, print recorder.explain().',
    ]);
  }
  await wait(state.options.wait * 1000);
  const second = await scrape(state);
  if (isResult(second)) return second;
  const after = valuesBySeries(readExposition(second.body, { contentType: second.contentType }).families);
  // Why not !==: NaN would change at every scrape.
  const changed = [...after].filter(([series, value]) => !Object.is(before.get(series), value)).length;
  if (changed > 0) return ok(`${changed} of ${after.size} series changed within ${state.options.wait} s`);
  return ok(
    `${after.size} series ${after.size === 1 ? 'has a value' : 'have values'}; none changed within ${state.options.wait} s: there was no traffic`,
  );
}

function valuesBySeries(families: DoctorState['families'] = new Map()): Map<string, number> {
  const samples = applicationFamilies(families).flatMap((family) => family.samples);
  return new Map(samples.map(({ name, labels, value }) => [name + JSON.stringify(labels), value]));
}

/** The family of this name. Why also without its ending: in OpenMetrics, `requests_total` belongs to `requests`. */
function familyOf(families: ReadonlyMap<string, ExposedFamily>, name: string): ExposedFamily | undefined {
  const own = families.get(name);
  if (own !== undefined) return own;
  const stem = families.get(name.replace(/_(?:total|info)$/, ''));
  return stem !== undefined && ['counter', 'info'].includes(stem.type) ? stem : undefined;
}

function checkLosses({ families = new Map() }: DoctorState): StepResult {
  const samplesOf = (name: string): readonly ExposedSample[] =>
    familyOf(families, name)?.samples.filter(({ value }) => value > 0) ?? [];
  const ofEach = samplesOf('flowplane_metrics_dropped_total');
  // Why: a scrape that was filtered may have the totals alone.
  const losses = ofEach.length > 0 ? ofEach : samplesOf('flowplane_metrics_losses_total');
  if (losses.length === 0) return ok('no observation was dropped');
  const list = losses.map(
    ({ labels, value }) => `${labels['metric'] ?? 'all metrics'}: ${value} (${labels['reason']})`,
  );
  return fail(
    `Observations were dropped: ${list.join(', ')}`,
    'a reader that throws, a value that is no number, or more label values than the family may have',
    'Read the warnings of the process: it warns once for each site and reason. onError receives them too.',
  );
}

function checkCardinality({ options, response, families = new Map() }: DoctorState): StepResult {
  const own = applicationFamilies(families);
  // Why without the runtime's families: nobody can change their labels.
  const all = (own.length > 0 ? own : [...families.values()]).map((family) => ({ family, ...countSeries(family) }));
  const [largest] = all.sort((a, b) => b.series - a.series);
  if (largest === undefined) return ok('nothing is exposed');
  const { family, series, label, values } = largest;
  const size = `${series} series (${formatBytes(family.bytes)})`;
  if (series > options.maxSeries) {
    return fail(
      `${family.name} has ${size}, ${values} values of the label "${label}"`,
      `"${label}" takes its values from an unlimited set: an id, a path, a message`,
      `Leave it out, or limit it: { ${label}: { limit: 100 } } or { ${label}: { oneOf: […] } }.`,
    );
  }
  return ok(
    `the largest, ${family.name}, has ${size} now; the whole scrape is ${formatBytes(response?.body.length ?? 0)}`,
  );
}

/** Counts the series of a family, and the values of the label that has most of them. */
function countSeries({ samples }: ExposedFamily): { series: number; label: string; values: number } {
  const series = new Set<string>();
  const values = new Map<string, Set<string>>();
  for (const { labels } of samples) {
    const { le: _bound, quantile: _quantile, ...own } = labels;
    series.add(JSON.stringify(own));
    for (const [name, value] of Object.entries(own)) values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const [label = '', ofLabel = new Set()] = [...values].sort(([, a], [, b]) => b.size - a.size)[0] ?? [];
  return { series: series.size, label, values: ofLabel.size };
}

const formatBytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

const formatNames = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
