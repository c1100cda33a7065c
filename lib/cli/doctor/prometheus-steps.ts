import { ask, isFinding } from './ask.js';
import { explained, scrapeConfig, settingsOf } from './causes.js';
import { applicationFamilies, type Facts } from './facts.js';
import { type Finding, ok, problem, type Step, skipped } from './step.js';

/** What Prometheus has of the endpoint. */
export const prometheusSteps: readonly Step<Facts>[] = [
  { name: 'prometheus', needs: [], examine: reach },
  { name: 'target', needs: ['prometheus'], examine: target },
  { name: 'data', needs: ['target', 'families'], examine: data },
];

/** Asks Prometheus' HTTP API; its `data`, or what is wrong. */
async function api<Data>({ options }: Facts, path: string): Promise<{ data: Data; clockAhead?: number } | Finding> {
  const place = options.prometheus as NonNullable<typeof options.prometheus>;
  const url = `${place.url.replace(/\/$/, '')}/api/v1/${path}`;
  const answer = await ask('Prometheus', { ...place, url }, settingsOf('prometheus'));
  if (isFinding(answer)) return answer;
  try {
    const { data } = JSON.parse(answer.body) as { data: Data };
    return { data, ...(answer.clockAhead === undefined ? {} : { clockAhead: answer.clockAhead }) };
  } catch {
    return problem(`${url} does not answer in JSON`, 'this is no Prometheus', 'Give its URL: --prometheus.');
  }
}

async function reach(facts: Facts): Promise<Finding> {
  if (facts.options.prometheus === undefined) return skipped('give --prometheus URL');
  const answer = await api<{ version: string }>(facts, 'status/buildinfo');
  if ('status' in answer) return answer;
  if (answer.clockAhead !== undefined) facts.clocks.set('Prometheus', answer.clockAhead);
  return ok(`Prometheus ${answer.data.version}`);
}

interface Target {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

async function target(facts: Facts): Promise<Finding> {
  const { job, metrics } = facts.options;
  const answer = await api<{ activeTargets: readonly Target[] }>(facts, 'targets?state=active');
  if ('status' in answer) return answer;
  const { activeTargets } = answer.data;
  const targets = activeTargets.filter(({ scrapePool }) => scrapePool === job);
  if (targets.length === 0) {
    const jobs = [...new Set(activeTargets.map(({ scrapePool }) => scrapePool))];
    return problem(
      `Prometheus scrapes nothing in the job "${job}" (jobs: ${jobs.join(', ') || 'none'})`,
      'its configuration has no such scrape_config, or was not loaded again since',
      `scrape_configs: [{ job_name: ${job}, static_configs: [{ targets: ['${new URL(metrics.url).host}'] }] }], or --job.`,
    );
  }
  const down = targets.find(({ health }) => health === 'down');
  if (down !== undefined) {
    const detail = `Prometheus cannot scrape ${down.scrapeUrl}: ${down.lastError}`;
    return explained(detail, down.lastError, scrapeConfig);
  }
  if (targets.some(({ health }) => health === 'unknown')) {
    return problem('Prometheus has not scraped yet', 'it has just begun', 'Wait for one scrape_interval.');
  }
  return ok(`${targets.map(({ scrapeUrl }) => scrapeUrl).join(', ')} up, no error in the last scrape`);
}

async function data(facts: Facts): Promise<Finding> {
  const { options, scraped = new Map() } = facts;
  const names = applicationFamilies(scraped).flatMap(({ samples }) => samples[0]?.name ?? []);
  if (names.length === 0) return skipped('no family has a sample yet');
  const query = `count by (__name__) ({job="${options.job}",__name__=~"${names.join('|')}"})`;
  type Result = { readonly result: readonly { readonly metric: { readonly __name__: string } }[] };
  const answer = await api<Result>(facts, `query?${new URLSearchParams({ query })}`);
  if ('status' in answer) return answer;
  const stored = new Set(answer.data.result.map(({ metric }) => metric.__name__));
  const missing = names.filter((name) => !stored.has(name));
  if (missing.length === 0) return ok(`${names.length} families can be queried`);
  return problem(
    `Prometheus has no data of ${missing.join(', ')}`,
    'they appeared after its last scrape, or its metric_relabel_configs drop them',
    'Wait for one scrape_interval; then look at metric_relabel_configs.',
  );
}
