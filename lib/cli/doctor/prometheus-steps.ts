import { formatCountOf } from '../../error.js';
import type { ExposedFamily } from '../../exposition-reader/exposition.js';
import { escapeRegExp } from '../../promql/node.js';
import {
  applicationFamilies,
  type DoctorState,
  fail,
  ok,
  type Step,
  type StepResult,
  skip,
  type TargetLabels,
} from './diagnosis.js';
import { diagnose, findIn, isResult, type JsonAnswer, requestJson, scrapeConfig } from './http.js';

/** The steps that check what Prometheus has scraped from the endpoint. */
export const prometheusSteps: readonly Step[] = [
  { name: 'prometheus', needs: [], check: checkPrometheus },
  { name: 'target', needs: ['prometheus'], check: checkTarget },
  { name: 'data', needs: ['target', 'families'], check: checkData },
];

/** Requests Prometheus' HTTP API; returns its `data`. */
async function query<Data>({ options, clocks }: DoctorState, path: string): Promise<JsonAnswer<Data> | StepResult> {
  const endpoint = options.prometheus as NonNullable<typeof options.prometheus>;
  const answer = await requestJson<{ data: Data }>('Prometheus', 'prometheus', endpoint, `v1/${path}`, {
    clocks,
    isExpected: (data) => findIn(data, ['status']) === 'success',
  });
  return isResult(answer) ? answer : { ...answer, data: answer.data.data };
}

interface BuildInfo {
  readonly version?: string;
  readonly goVersion?: string;
  /** What Mimir and its relatives call themselves. */
  readonly application?: string;
}

async function checkPrometheus(state: DoctorState): Promise<StepResult> {
  if (state.options.prometheus === undefined) return skip('pass --prometheus URL');
  const answer = await query<BuildInfo | undefined>(state, 'status/buildinfo');
  if (isResult(answer)) return answer;
  const { version, goVersion, application } = answer.data ?? {};
  // Why by this header and not by the version: VictoriaMetrics says none, or that of a Prometheus which it resembles.
  const isVictoriaMetrics = goVersion === undefined && answer.headers.has('x-server-hostname');
  const name = isVictoriaMetrics
    ? "VictoriaMetrics, by Prometheus' API"
    : `${application ?? 'Prometheus'} ${version ?? 'of an unknown version'}`;
  state.server = { name, isVictoriaMetrics };
  return ok(name);
}

interface Target {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
  readonly labels?: TargetLabels;
}

async function checkTarget(state: DoctorState): Promise<StepResult> {
  const answer = await query<{ activeTargets?: readonly Target[] } | undefined>(state, 'targets?state=active');
  if (isResult(answer)) return answer;
  const activeTargets = answer.data?.activeTargets ?? [];
  const targets = targetsOf(state, activeTargets);
  state.targetLabels = targets.map(({ labels }) => labels ?? { job: state.options.job });
  if (targets.length === 0) return missingTarget(state, activeTargets);
  const down = targets.find(({ health }) => health === 'down');
  if (down !== undefined) {
    const detail = `Prometheus cannot scrape ${down.scrapeUrl}: ${down.lastError}`;
    return diagnose(detail, down.lastError, scrapeConfig);
  }
  if (targets.some(({ health }) => health === 'unknown')) {
    return fail('Prometheus has not scraped yet', 'it has just started', 'Wait for one scrape_interval.');
  }
  return ok(`${targets.map(({ scrapeUrl }) => scrapeUrl).join(', ')} up, no error in the last scrape`);
}

/** The targets of the job; where none was named and the usual one has none, those at the URL that was examined. */
function targetsOf({ options }: DoctorState, targets: readonly Target[]): readonly Target[] {
  const ofJob = targets.filter((target) => isOfJob(target, options.job));
  if (ofJob.length > 0 || options.isJobGiven) return ofJob;
  const url = new URL(options.metrics.url).href;
  return targets.filter(({ scrapeUrl }) => URL.canParse(scrapeUrl) && new URL(scrapeUrl).href === url);
}

/**
 * Whether a target belongs to the job: the name of its scrape_config, its label `job`, or the name of the object from
 * which the Prometheus Operator has made its pool, as in `serviceMonitor/namespace/name/0`.
 */
function isOfJob({ scrapePool, labels }: Target, job: string): boolean {
  if (scrapePool === job || labels?.['job'] === job) return true;
  const [, namespace, name] =
    /^(?:serviceMonitor|podMonitor|probe|scrapeConfig)\/([^/]+)\/([^/]+)/.exec(scrapePool) ?? [];
  return name !== undefined && (name === job || `${namespace}/${name}` === job);
}

function missingTarget({ options, server }: DoctorState, activeTargets: readonly Target[]): StepResult {
  const { job, metrics } = options;
  if (server?.isVictoriaMetrics && activeTargets.length === 0) {
    return ok('VictoriaMetrics scrapes nothing itself: another process sends it what it stores', [
      'look for errors in that process, which is vmagent or a Prometheus with remote_write.',
    ]);
  }
  const jobs = [...new Set(activeTargets.map(({ scrapePool }) => scrapePool))];
  return fail(
    `Prometheus scrapes nothing in the job "${job}" (jobs: ${jobs.join(', ') || 'none'})`,
    'its configuration has no such scrape_config, or Prometheus has not reloaded it',
    `Add scrape_configs: [{ job_name: ${job}, static_configs: [{ targets: ['${new URL(metrics.url).host}'] }] }], or pass --job.`,
  );
}

async function checkData(state: DoctorState): Promise<StepResult> {
  const { families = new Map(), nativeFamilies = [], server } = state;
  const own = applicationFamilies(families).filter(({ samples }) => samples.length > 0);
  // Why both: a Prometheus that stores native histograms leaves their classic buckets out, and any other knows no more.
  const samples = own.flatMap(({ name, samples: [first] }) =>
    first === undefined ? [] : { name, classic: first.name },
  );
  const names = samples.flatMap(({ name, classic }) => (nativeFamilies.includes(name) ? [name, classic] : [classic]));
  if (names.length === 0) return skip('no family has a sample yet');
  const matchers = [`__name__=~${anyOf(names)}`, ...targetMatchers(state, own)];
  const expression = `count by (__name__) ({${matchers.join()}})`;
  type Result = { readonly result: readonly { readonly metric: { readonly __name__: string } }[] };
  const answer = await query<Result>(state, `query?${new URLSearchParams({ query: expression })}`);
  if (isResult(answer)) return answer;
  const stored = new Set(answer.data.result.map(({ metric }) => metric.__name__));
  const native = samples.filter(({ name }) => nativeFamilies.includes(name));
  const lost = native.filter(({ name, classic }) => !stored.has(name) && !stored.has(classic));
  if (lost.length > 0 && lost.length < samples.length) return missingNative(lost.map(({ name }) => name));
  const missing = samples
    .filter(({ name, classic }) => !stored.has(classic) && !stored.has(name))
    .map((one) => one.classic);
  const classicOnly = native.filter(({ name }) => !stored.has(name)).map(({ name }) => name);
  if (missing.length === 0) {
    const remarks =
      classicOnly.length === 0 ? [] : [`${classicOnly.join(', ')}: stored without native buckets. ${storeNative}`];
    return ok(`${formatCountOf(samples.length, 'family', 'families')} can be queried`, remarks);
  }
  const delay = server?.isVictoriaMetrics ? ' (VictoriaMetrics shows a sample 30 s after its scrape)' : '';
  return fail(
    `Prometheus has no data of ${missing.join(', ')}`,
    `they appeared after its last scrape${delay}, or its metric_relabel_configs drop them`,
    'Wait for one scrape_interval; then check metric_relabel_configs.',
  );
}

const storeNative =
  'To store them, set scrape_native_histograms: true in the scrape_config; before version 3.8, start Prometheus with --enable-feature=native-histograms.';

function missingNative(names: readonly string[]): StepResult {
  return fail(
    `Prometheus has no data of ${names.join(', ')}, whose native histograms it does not store`,
    'it asks for protobuf first, because of scrape_protocols or created-timestamp-zero-ingestion: then it drops a histogram with native buckets whole, its classic ones included',
    `${storeNative} Otherwise declare these with native: false.`,
  );
}

/**
 * The matchers for what was scraped from the endpoint: the labels of its targets.
 *
 * Why also the values that are exposed: with `honor_labels: true` they replace those of the target.
 */
function targetMatchers({ options, targetLabels = [] }: DoctorState, families: readonly ExposedFamily[]): string[] {
  const given = targetLabels.length > 0 ? targetLabels : [{ job: options.job }];
  return ['job', 'instance'].flatMap((label) => {
    const values = new Set(given.flatMap((labels) => (labels as TargetLabels)[label] ?? []));
    if (values.size === 0) return [];
    for (const { samples } of families)
      for (const { labels } of samples) if (labels[label] !== undefined) values.add(labels[label]);
    return [`${label}=~${anyOf([...values])}`];
  });
}

/** A pattern of PromQL that matches each of these texts. */
const anyOf = (texts: readonly string[]): string => JSON.stringify(texts.map(escapeRegExp).join('|'));
