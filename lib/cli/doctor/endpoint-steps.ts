import { setTimeout as wait } from 'node:timers/promises';
import { ask, isFinding } from './ask.js';
import { settingsOf } from './causes.js';
import { type Exposed, FormatError, readExposition } from './exposition-text.js';
import { applicationFamilies, type Facts } from './facts.js';
import { type Finding, ok, problem, type Step } from './step.js';

/** The endpoint as such: what a look with curl would tell, and a little more. */
export const endpointSteps: readonly Step<Facts>[] = [
  { name: 'endpoint', needs: [], examine: reach },
  { name: 'format', needs: ['endpoint'], examine: read },
  { name: 'families', needs: ['format'], examine: present },
  { name: 'values', needs: ['families'], examine: moving },
  { name: 'losses', needs: ['format'], examine: lost },
  { name: 'cardinality', needs: ['format'], examine: size },
];

const accept = 'text/plain;version=0.0.4';

async function scrape({ options }: Facts) {
  const headers = new Headers(options.metrics.headers);
  headers.set('Accept', accept);
  return ask('The endpoint', { ...options.metrics, headers }, settingsOf('metrics'));
}

async function reach(facts: Facts): Promise<Finding> {
  const answer = await scrape(facts);
  if (isFinding(answer)) return answer;
  facts.answer = answer;
  if (answer.clockAhead !== undefined) facts.clocks.set('The endpoint', answer.clockAhead);
  return ok(`${facts.options.metrics.url} answers in ${Math.round(answer.seconds * 1000)} ms`);
}

function read(facts: Facts): Finding {
  const { body, contentType } = facts.answer as NonNullable<Facts['answer']>;
  const fix = 'Give the URL of the metrics, which ends in /metrics unless you chose another path: --metrics.';
  if (!contentType.startsWith('text/plain')) {
    return problem(`The content type is "${contentType}"`, 'this is a page of another kind', fix);
  }
  try {
    facts.scraped = readExposition(body);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return problem(error.message, 'something in this process writes metrics by hand, or this is no exporter', fix);
  }
  const samples = [...facts.scraped.values()].reduce((sum, family) => sum + family.samples.length, 0);
  return ok(`${facts.scraped.size} families, ${samples} samples, ${kilobytes(body.length)}`);
}

function present({ options, scraped = new Map() }: Facts): Finding {
  const missing = options.families.filter((name) => !scraped.has(name));
  if (missing.length > 0) {
    return problem(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not exposed`,
      'the class that declares it was not loaded, or reports to another recorder',
      'Print recorder.explain() in that process: it tells of each declared family whether it is wired.',
    );
  }
  const own = applicationFamilies(scraped);
  if (own.length > 0) return ok(listed(own.map(({ name }) => name)));
  return problem(
    'No family but those of the runtime is exposed',
    'no annotated class is loaded and wired to this recorder',
    'Call installMetrics(container) before the first service is resolved, or setDefaultRecorder(recorder).',
  );
}

async function moving(facts: Facts): Promise<Finding> {
  const before = samplesOf(facts.scraped);
  if ([...before.values()].every((value) => value === 0)) {
    return problem(
      before.size === 0 ? 'No family has a sample yet' : 'Every value is 0',
      'no annotated method was called since the process began, or the instances that are called are not wired',
      'Send a request through the service. If that changes nothing: recorder.explain().',
    );
  }
  await wait(facts.options.wait * 1000);
  const again = await scrape(facts);
  if (isFinding(again)) return again;
  const after = samplesOf(readExposition(again.body));
  const moved = [...after].filter(([series, value]) => before.get(series) !== value).length;
  if (moved > 0) return ok(`${moved} of ${after.size} series moved within ${facts.options.wait} s`);
  return ok(`${after.size} series have values; none moved within ${facts.options.wait} s: there was no traffic`);
}

function samplesOf(scraped: Facts['scraped'] = new Map()): Map<string, number> {
  const samples = applicationFamilies(scraped).flatMap((family) => family.samples);
  return new Map(samples.map(({ name, labels, value }) => [name + JSON.stringify(labels), value]));
}

function lost({ scraped = new Map() }: Facts): Finding {
  const dropped: Exposed | undefined = scraped.get('flowplane_metrics_dropped_total');
  const losses = dropped?.samples.filter(({ value }) => value > 0) ?? [];
  if (losses.length === 0) return ok('no observation was dropped');
  const said = losses.map(({ labels, value }) => `${labels['metric']}: ${value} (${labels['reason']})`);
  return problem(
    `Observations were dropped: ${said.join(', ')}`,
    'a reader that throws, a value that is no number, or more label values than the family may have',
    'The process has warned once of each place and cause; onError hears of them too.',
  );
}

function size({ options, answer, scraped = new Map() }: Facts): Finding {
  const families = [...scraped.values()].map((family) => ({ family, ...cardinality(family) }));
  const [largest] = families.sort((a, b) => b.series - a.series);
  if (largest === undefined) return ok('nothing is exposed');
  const { family, series, label, values } = largest;
  const said = `${family.name} has ${series} series (${kilobytes(family.bytes)})`;
  if (series > options.maxSeries) {
    return problem(
      `${said}, ${values} values of the label "${label}"`,
      `"${label}" takes its values from what has no end: an id, a path, a message`,
      `Leave it out, or bound it: { ${label}: { limit: 100 } } or { ${label}: { oneOf: […] } }.`,
    );
  }
  return ok(`${said} at most; the whole scrape is ${kilobytes(answer?.body.length ?? 0)}`);
}

/** The series of a family, and the label that has most values. */
function cardinality({ samples }: Exposed): { series: number; label: string; values: number } {
  const series = new Set<string>();
  const values = new Map<string, Set<string>>();
  for (const { labels } of samples) {
    const { le: _bound, quantile: _quantile, ...own } = labels;
    series.add(JSON.stringify(own));
    for (const [name, value] of Object.entries(own)) values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const [label = '', most = new Set()] = [...values].sort(([, a], [, b]) => b.size - a.size)[0] ?? [];
  return { series: series.size, label, values: most.size };
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

const listed = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
