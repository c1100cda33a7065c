import { ask, isFinding } from './ask.js';
import { settingsOf } from './causes.js';
import type { Facts } from './facts.js';
import { type Finding, ok, problem, type Step, skipped } from './step.js';

/** Whether Grafana runs, and reaches the data. */
export const grafanaSteps: readonly Step<Facts>[] = [
  { name: 'grafana', needs: [], examine: reach },
  { name: 'datasource', needs: ['grafana'], examine: datasource },
];

/** Asks Grafana's HTTP API; the JSON, or what is wrong. */
async function api<Data>({ options, clocks }: Facts, path: string): Promise<{ data: Data } | Finding> {
  const place = options.grafana as NonNullable<typeof options.grafana>;
  const url = `${place.url.replace(/\/$/, '')}/api/${path}`;
  const answer = await ask('Grafana', { ...place, url }, settingsOf('grafana'));
  if (isFinding(answer)) return answer;
  if (answer.clockAhead !== undefined) clocks.set('Grafana', answer.clockAhead);
  try {
    return { data: JSON.parse(answer.body) as Data };
  } catch {
    return problem(`${url} does not answer in JSON`, 'this is no Grafana', 'Give its URL: --grafana.');
  }
}

async function reach(facts: Facts): Promise<Finding> {
  if (facts.options.grafana === undefined) return skipped('give --grafana URL');
  const answer = await api<{ version: string; database: string }>(facts, 'health');
  if ('status' in answer) return answer;
  const { version, database } = answer.data;
  if (database === 'ok') return ok(`Grafana ${version}`);
  return problem(
    `Grafana's own database is "${database}"`,
    'its disk, or the database it keeps',
    "Read Grafana's log.",
  );
}

interface Datasource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
}

async function datasource(facts: Facts): Promise<Finding> {
  const list = await api<readonly Datasource[]>(facts, 'datasources');
  if ('status' in list) return list;
  const sources = list.data.filter(({ type }) => type === 'prometheus');
  if (sources.length === 0) {
    return problem(
      'Grafana has no datasource of type prometheus',
      'the provisioning folder was not read',
      'Set GF_PATHS_PROVISIONING, and restart Grafana.',
    );
  }
  for (const { uid, name, url } of sources) {
    const health = await api<{ status: string; message: string }>(facts, `datasources/uid/${uid}/health`);
    if ('status' in health) return health;
    if (health.data.status !== 'OK') {
      return problem(
        `The datasource "${name}" (${url}) is not healthy: ${health.data.message}`,
        'Grafana cannot reach Prometheus under that URL, which is resolved where Grafana runs',
        'Correct the URL in the provisioning; in containers use the name of the service rather than localhost.',
      );
    }
  }
  return ok(sources.map(({ name, url }) => `${name} reaches ${url}`).join(', '));
}
