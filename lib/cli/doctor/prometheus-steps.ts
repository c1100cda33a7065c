import { applicationFamilies, type DoctorState, fail, ok, type Step, type StepResult, skip } from './diagnosis.js';
import { diagnose, isResult, requestJson, scrapeConfig } from './http.js';

/** The steps that check what Prometheus has scraped from the endpoint. */
export const prometheusSteps: readonly Step[] = [
  { name: 'prometheus', needs: [], check: checkPrometheus },
  { name: 'target', needs: ['prometheus'], check: checkTarget },
  { name: 'data', needs: ['target', 'families'], check: checkData },
];

/** Requests Prometheus' HTTP API; returns its `data`. */
async function query<Data>(
  { options }: DoctorState,
  path: string,
): Promise<{ data: Data; clockAhead: number | undefined } | StepResult> {
  const endpoint = options.prometheus as NonNullable<typeof options.prometheus>;
  const answer = await requestJson<{ data: Data }>('Prometheus', 'prometheus', endpoint, `v1/${path}`);
  return isResult(answer) ? answer : { data: answer.data.data, clockAhead: answer.clockAhead };
}

async function checkPrometheus(state: DoctorState): Promise<StepResult> {
  if (state.options.prometheus === undefined) return skip('pass --prometheus URL');
  const answer = await query<{ version: string }>(state, 'status/buildinfo');
  if (isResult(answer)) return answer;
  if (answer.clockAhead !== undefined) state.clocks.set('Prometheus', answer.clockAhead);
  return ok(`Prometheus ${answer.data.version}`);
}

interface Target {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

async function checkTarget(state: DoctorState): Promise<StepResult> {
  const { job, metrics } = state.options;
  const answer = await query<{ activeTargets: readonly Target[] }>(state, 'targets?state=active');
  if (isResult(answer)) return answer;
  const { activeTargets } = answer.data;
  const targets = activeTargets.filter(({ scrapePool }) => scrapePool === job);
  if (targets.length === 0) {
    const jobs = [...new Set(activeTargets.map(({ scrapePool }) => scrapePool))];
    return fail(
      `Prometheus scrapes nothing in the job "${job}" (jobs: ${jobs.join(', ') || 'none'})`,
      'its configuration has no such scrape_config, or Prometheus has not reloaded it',
      `Add scrape_configs: [{ job_name: ${job}, static_configs: [{ targets: ['${new URL(metrics.url).host}'] }] }], or pass --job.`,
    );
  }
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

async function checkData(state: DoctorState): Promise<StepResult> {
  const { options, families = new Map() } = state;
  const names = applicationFamilies(families).flatMap(({ samples }) => samples[0]?.name ?? []);
  if (names.length === 0) return skip('no family has a sample yet');
  const expression = `count by (__name__) ({job="${options.job}",__name__=~"${names.join('|')}"})`;
  type Result = { readonly result: readonly { readonly metric: { readonly __name__: string } }[] };
  const answer = await query<Result>(state, `query?${new URLSearchParams({ query: expression })}`);
  if (isResult(answer)) return answer;
  const stored = new Set(answer.data.result.map(({ metric }) => metric.__name__));
  const missing = names.filter((name) => !stored.has(name));
  if (missing.length === 0) return ok(`${names.length} families can be queried`);
  return fail(
    `Prometheus has no data of ${missing.join(', ')}`,
    'they appeared after its last scrape, or its metric_relabel_configs drop them',
    'Wait for one scrape_interval; then check metric_relabel_configs.',
  );
}
