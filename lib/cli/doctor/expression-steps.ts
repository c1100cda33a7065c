import { MetricsError } from '../../error.js';
import { checkExpressions, type FoundFault } from '../../rules/check-expressions.js';
import { addFamilies, addMetadata } from '../../rules/external-names.js';
import { KnownNames } from '../../rules/known-names.js';
import { addLibraryFamilies } from '../../rules/library-families.js';
import { type Grammar, loadGrammar } from '../../rules/promql/grammar.js';
import { findInDashboards } from '../../rules/sources/dashboards.js';
import type { FoundExpression } from '../../rules/sources/found-expression.js';
import { readJson } from '../../rules/sources/json-source.js';
import { findInRules } from '../../rules/sources/rule-files.js';
import { positionAt } from '../../rules/sources/source-tree.js';
import { readCatalogue, usualTargetLabels } from '../check/known-sources.js';
import { startProgress } from '../check/progress.js';
import { type DoctorState, fail, ok, type Step, type StepResult, skip } from './diagnosis.js';
import { isResult, requestJson } from './http.js';

/** The step that checks the rules of Prometheus, and the dashboards and alerts of Grafana, as they are now. */
export const expressionSteps: readonly Step[] = [{ name: 'expressions', needs: ['prometheus'], check: checkLive }];

/** A server does not answer one of the requests. Thrown, so that each request need not pass it on. */
class NoAnswer extends Error {}

async function checkLive(state: DoctorState): Promise<StepResult> {
  const progress = startProgress();
  try {
    progress.say('reads rules and dashboards');
    const grammar = await loadGrammar();
    const expressions = [...(await readRules(state)), ...(await readGrafana(state))];
    return judge(await findFaults(expressions, grammar, state), expressions.length);
  } catch (error) {
    // Why no problem: other steps tell whether the servers answer, and not every server has these paths.
    if (error instanceof NoAnswer || error instanceof MetricsError) return skip(error.message);
    throw error;
  } finally {
    progress.stop();
  }
}

async function query<Data>(state: DoctorState, server: 'prometheus' | 'grafana', path: string): Promise<Data> {
  const { options, clocks } = state;
  const endpoint = options[server] as NonNullable<(typeof options)[typeof server]>;
  const name = server === 'grafana' ? 'Grafana' : 'Prometheus';
  const answer = await requestJson<Data>(name, server, endpoint, path, clocks);
  if (isResult(answer)) throw new NoAnswer(answer.detail);
  return answer.data;
}

interface LiveRule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface LiveRules {
  readonly data: { readonly groups: readonly { readonly name: string; readonly rules: readonly LiveRule[] }[] };
}

async function readRules(state: DoctorState): Promise<FoundExpression[]> {
  const { data } = await query<LiveRules>(state, 'prometheus', 'v1/rules');
  return (data?.groups ?? []).flatMap(({ name: group, rules }) =>
    rules.map(({ type, name, query: text, labels = {} }) => {
      const isAlert = type === 'alerting';
      return {
        path: `the group "${group}" of Prometheus`,
        title: `${isAlert ? 'alert' : 'record'} ${name}`,
        text,
        use: isAlert ? 'alert' : 'record',
        mayHaveVariables: false,
        ...(!isAlert && { record: { name, labels: Object.keys(labels) } }),
        locate: (offset) => positionAt(text, offset),
      } satisfies FoundExpression;
    }),
  );
}

/** Why so many: Grafana gives no more at once. */
const mostDashboards = 5000;

async function readGrafana(state: DoctorState): Promise<FoundExpression[]> {
  if (state.options.grafana === undefined) return [];
  const found: FoundExpression[] = [];
  type Hit = { readonly uid: string; readonly title: string };
  for (const { uid, title } of await query<readonly Hit[]>(
    state,
    'grafana',
    `search?type=dash-db&limit=${mostDashboards}`,
  )) {
    const { dashboard } = await query<{ dashboard: unknown }>(state, 'grafana', `dashboards/uid/${uid}`);
    found.push(...listIn(dashboard, `the dashboard "${title}" of Grafana`, findInDashboards));
  }
  const rules = await query<readonly unknown[]>(state, 'grafana', 'v1/provisioning/alert-rules');
  return [...found, ...listIn({ groups: [{ rules }] }, 'the alerts of Grafana', findInRules)];
}

/** The expressions of an answer. Their places are those in the expression: nobody sees the answer itself. */
function listIn(data: unknown, path: string, find: typeof findInRules): FoundExpression[] {
  const text = JSON.stringify(data);
  return find({ path, text, documents: [readJson(text)] }).map((one) => ({
    ...one,
    locate: (offset) => positionAt(one.text, offset),
  }));
}

async function findFaults(
  expressions: readonly FoundExpression[],
  grammar: Grammar,
  state: DoctorState,
): Promise<FoundFault[]> {
  const names = new KnownNames([...usualTargetLabels, ...(await listTargetLabels(state))]);
  const { catalogue } = state.options;
  if (catalogue !== undefined) names.addDeclared(await readCatalogue(catalogue));
  addLibraryFamilies(names);
  if (state.families !== undefined) addFamilies(names, state.families);
  const metadata = await query<{ data: Readonly<Record<string, unknown>> }>(state, 'prometheus', 'v1/metadata');
  for (const [name, described] of Object.entries(metadata.data)) addMetadata(names, name, described);
  // Why also these: what is written to Prometheus, and not scraped, has no metadata.
  const start = Math.floor(Date.now() / 1000) - 300;
  const stored = await query<{ data: readonly string[] }>(
    state,
    'prometheus',
    `v1/label/__name__/values?start=${start}`,
  );
  names.addNames(stored.data);
  return checkExpressions(expressions, { names, grammar, scrapeSeconds: 15 });
}

/** The labels that Prometheus adds to what it scrapes. */
async function listTargetLabels(state: DoctorState): Promise<string[]> {
  type Targets = { data: { activeTargets: readonly { labels: Readonly<Record<string, string>> }[] } };
  const { data } = await query<Targets>(state, 'prometheus', 'v1/targets?state=active');
  return data.activeTargets.flatMap(({ labels }) => Object.keys(labels));
}

const mostLines = 5;

function judge(faults: readonly FoundFault[], count: number): StepResult {
  const lines = (severity: FoundFault['severity']) =>
    faults
      .filter((fault) => fault.severity === severity)
      .map(
        ({ of, file, line, column, kind, message }) => `${of} in ${file}, at ${line}:${column}: ${kind}: ${message}`,
      );
  const [errors, remarks] = [lines('error'), lines('remark')];
  const more = errors.length > mostLines ? `; and ${errors.length - mostLines} more` : '';
  if (errors.length === 0)
    return ok(`${count} expressions of rules, alerts and dashboards`, remarks.slice(0, mostLines));
  return fail(
    `${errors.length} of ${count} expressions: ${errors.slice(0, mostLines).join('; ')}${more}`,
    'a metric, a label or a value has another name now, or a rule was never right',
    'Correct them. To find this before a change is merged, run flowplane-metrics check in CI.',
  );
}
