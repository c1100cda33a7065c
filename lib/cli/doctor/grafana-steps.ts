import { type DoctorState, fail, ok, type Step, type StepResult, skip } from './diagnosis.js';
import { findIn, type IsExpected, isResult, requestJson } from './http.js';

/** The steps that check whether Grafana runs and reaches the data. */
export const grafanaSteps: readonly Step[] = [
  { name: 'grafana', needs: [], check: checkGrafana },
  { name: 'datasource', needs: ['grafana'], check: checkDatasources },
];

/** Requests Grafana's HTTP API. */
async function query<Data>(
  { options, clocks }: DoctorState,
  path: string,
  isExpected: IsExpected,
): Promise<{ data: Data } | StepResult> {
  const endpoint = options.grafana as NonNullable<typeof options.grafana>;
  return requestJson<Data>('Grafana', 'grafana', endpoint, path, { clocks, isExpected });
}

const hasText =
  (key: string): IsExpected =>
  (data) =>
    typeof findIn(data, [key]) === 'string';

async function checkGrafana(state: DoctorState): Promise<StepResult> {
  if (state.options.grafana === undefined) return skip('pass --grafana URL');
  const answer = await query<{ version?: string; database: string }>(state, 'health', hasText('database'));
  if (isResult(answer)) return answer;
  const { version, database } = answer.data;
  // Why perhaps none: a setting of Grafana keeps its version from those who have not logged in.
  if (database === 'ok') return ok(`Grafana ${version ?? 'of a version that it does not tell'}`);
  return fail(
    `Grafana's own database is "${database}"`,
    "Grafana's disk, or the database that it uses",
    "Read Grafana's log.",
  );
}

interface Datasource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
}

async function checkDatasources(state: DoctorState): Promise<StepResult> {
  const list = await query<readonly Datasource[]>(state, 'datasources', Array.isArray);
  if (isResult(list)) return list;
  const sources = list.data.filter(({ type }) => type === 'prometheus');
  if (sources.length === 0) {
    return fail(
      'Grafana has no datasource of type prometheus',
      'Grafana has not read the provisioning folder',
      'Set GF_PATHS_PROVISIONING, and restart Grafana.',
    );
  }
  for (const { uid, name, url } of sources) {
    const health = await query<{ status: string; message: string }>(
      state,
      `datasources/uid/${uid}/health`,
      hasText('status'),
    );
    if (isResult(health)) return health;
    if (health.data.status !== 'OK') {
      return fail(
        `The datasource "${name}" (${url}) is not healthy: ${health.data.message}`,
        'Grafana cannot reach Prometheus under that URL, which is resolved where Grafana runs',
        'Correct the URL in the provisioning; between containers, use the name of the service instead of localhost.',
      );
    }
  }
  return ok(sources.map(({ name, url }) => `${name} reaches ${url}`).join(', '));
}
