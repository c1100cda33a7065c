import { checkExpressions, type FoundFault } from '../../check/check-expressions.js';
import { addFamilies, addMetadata } from '../../check/external-names.js';
import { KnownNames } from '../../check/known-names.js';
import { addLibraryFamilies, addProcessFamilies } from '../../check/library-families.js';
import { type Grammar, loadGrammar } from '../../check/promql/grammar.js';
import { findInDashboards } from '../../check/sources/dashboards.js';
import type { FoundExpression } from '../../check/sources/found-expression.js';
import { readJson } from '../../check/sources/json-source.js';
import { findInRules } from '../../check/sources/rule-files.js';
import { positionAt } from '../../check/sources/source-tree.js';
import { formatCountOf, MetricsError } from '../../error.js';
import { usualTargetLabels } from '../check/known-sources.js';
import { type DoctorState, fail, ok, type Step, type StepResult, skip } from './diagnosis.js';
import { findIn, isResult, requestJson } from './http.js';

/** The step that checks the rules of Prometheus, and the dashboards and alerts of Grafana, as they are now. */
export const expressionSteps: readonly Step[] = [{ name: 'expressions', needs: ['prometheus'], check: checkLive }];

/** A server does not answer one of the requests. Thrown, so that each request need not pass it on. */
class NoAnswer extends Error {}

async function checkLive(state: DoctorState): Promise<StepResult> {
  try {
    const grammar = await loadGrammar();
    const { found, missing } = await readLive(state);
    return judge(await findFaults(found, grammar, state), found.length, missing);
  } catch (error) {
    // Why no problem: other steps tell whether the servers answer, and not every server has these paths.
    if (error instanceof NoAnswer || error instanceof MetricsError) return skip(error.message);
    throw error;
  }
}

/** Where something stands: the server, a path of its API, and a path of keys in the answer. */
interface Address {
  readonly server: 'prometheus' | 'grafana';
  readonly path: string;
  readonly keys?: readonly string[];
}

/** Requests the list that stands at an address. */
const listAt = <Item>(state: DoctorState, address: Address): Promise<readonly Item[]> =>
  requestAt(state, address, Array.isArray);

/** Requests the object that stands at an address. */
const objectAt = <Data extends object>(state: DoctorState, address: Address): Promise<Data> =>
  requestAt(state, address, (found) => typeof found === 'object' && found !== null && !Array.isArray(found));

async function requestAt<Data>(
  { options, clocks }: DoctorState,
  { server, path, keys = [] }: Address,
  isWanted: (found: unknown) => boolean,
): Promise<Data> {
  const endpoint = options[server] as NonNullable<(typeof options)[typeof server]>;
  const name = server === 'grafana' ? 'Grafana' : 'Prometheus';
  const isExpected = (data: unknown) => isWanted(findIn(data, keys));
  const answer = await requestJson(name, server, endpoint, path, { clocks, isExpected });
  if (isResult(answer)) throw new NoAnswer(answer.detail);
  return findIn(answer.data, keys) as Data;
}

interface LiveRule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface LiveGroup {
  readonly name: string;
  readonly rules: readonly LiveRule[];
}

async function readRules(state: DoctorState): Promise<FoundExpression[]> {
  const groups = await listAt<LiveGroup>(state, { server: 'prometheus', path: 'v1/rules', keys: ['data', 'groups'] });
  return groups.flatMap(({ name: group, rules }) =>
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

/** What the servers have: the expressions, and what they did not let us read. */
interface LiveExpressions {
  readonly found: readonly FoundExpression[];
  readonly missing: readonly string[];
}

/** The most dashboards that Grafana lists in one answer. */
const mostDashboards = 5000;
const elementsPerPage = 100;

/** Why each part alone: a token of a viewer may read dashboards, and no alerts; and not every server has rules. */
async function readLive(state: DoctorState): Promise<LiveExpressions> {
  const missing: string[] = [];
  const orMissing = async <T>(what: string, read: Promise<T>, instead: T): Promise<T> => {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      missing.push(`${what} are not checked: ${error.message}`);
      return instead;
    }
  };
  const found = [...(await orMissing('the rules of Prometheus', readRules(state), []))];
  if (state.options.grafana === undefined) return { found, missing };
  const hits = await orMissing('the dashboards of Grafana', listDashboards(state), []);
  for (const hit of hits) {
    const title = `the dashboard "${hit.title}" of Grafana`;
    found.push(...(await orMissing(`the expressions of ${title}`, readDashboard(state, hit.uid, title), [])));
  }
  found.push(...(await orMissing('the library panels of Grafana', readLibraryPanels(state), [])));
  found.push(...(await orMissing('the alerts of Grafana', readGrafanaRules(state), [])));
  return { found, missing };
}

interface Hit {
  readonly uid: string;
  readonly title: string;
}

const listDashboards = (state: DoctorState): Promise<readonly Hit[]> =>
  listAt(state, { server: 'grafana', path: `search?type=dash-db&limit=${mostDashboards}` });

async function readDashboard(state: DoctorState, uid: string, path: string): Promise<FoundExpression[]> {
  const dashboard = await objectAt(state, { server: 'grafana', path: `dashboards/uid/${uid}`, keys: ['dashboard'] });
  return listIn(dashboard, path, findInDashboards);
}

/** Why apart: a dashboard only names the library panels that it shows. */
async function readLibraryPanels(state: DoctorState): Promise<FoundExpression[]> {
  type Elements = { readonly name: string; readonly model: unknown }[];
  type Page = { readonly totalCount: number; readonly elements?: Elements };
  const elements: Elements = [];
  for (let page = 1, total = 1; elements.length < total; page++) {
    const path = `library-elements?kind=1&perPage=${elementsPerPage}&page=${page}`;
    const result = await objectAt<Page>(state, { server: 'grafana', path, keys: ['result'] });
    // Why also where a page is empty: somebody may delete a panel in between.
    if (!result.elements?.length) break;
    elements.push(...result.elements);
    total = result.totalCount;
  }
  return elements.flatMap(({ name, model }) =>
    listIn(model, `the library panel "${name}" of Grafana`, findInDashboards),
  );
}

async function readGrafanaRules(state: DoctorState): Promise<FoundExpression[]> {
  const rules = await listAt<unknown>(state, { server: 'grafana', path: 'v1/provisioning/alert-rules' });
  return listIn({ groups: [{ rules }] }, 'the alerts of Grafana', findInRules);
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
  if (catalogue !== undefined) names.addDeclared(catalogue);
  addLibraryFamilies(names);
  if (state.families !== undefined) addFamilies(names, state.families);
  const metadata = await objectAt(state, { server: 'prometheus', path: 'v1/metadata', keys: ['data'] });
  for (const [name, described] of Object.entries(metadata)) addMetadata(names, name, described);
  // Why also these: what is written to Prometheus, and not scraped, has no metadata.
  const start = Math.floor(Date.now() / 1000) - 300;
  const path = `v1/label/__name__/values?start=${start}`;
  names.addNames(await listAt<string>(state, { server: 'prometheus', path, keys: ['data'] }));
  addProcessFamilies(names, `neither ${state.options.metrics.url} nor Prometheus has it`);
  return checkExpressions(expressions, { names, grammar, scrapeSeconds: 15 });
}

/** The labels that Prometheus adds to what it scrapes. */
async function listTargetLabels(state: DoctorState): Promise<string[]> {
  type Target = { readonly labels?: Readonly<Record<string, string>> };
  const path = 'v1/targets?state=active';
  const targets = await listAt<Target>(state, { server: 'prometheus', path, keys: ['data', 'activeTargets'] });
  return targets.flatMap(({ labels = {} }) => Object.keys(labels));
}

const mostLines = 5;

function judge(faults: readonly FoundFault[], count: number, missing: readonly string[]): StepResult {
  const lines = (severity: FoundFault['severity']) =>
    faults
      .filter((fault) => fault.severity === severity)
      .map(
        ({ of, file, line, column, kind, message }) => `${of} in ${file}, at ${line}:${column}: ${kind}: ${message}`,
      );
  const [errors, remarks] = [lines('error'), lines('remark')];
  const more = errors.length > mostLines ? `; and ${errors.length - mostLines} more` : '';
  if (errors.length === 0) {
    return ok(`${formatCountOf(count, 'expression')} of rules, alerts and dashboards`, [
      ...missing,
      ...remarks.slice(0, mostLines),
    ]);
  }
  return fail(
    `${errors.length} of ${formatCountOf(count, 'expression')}: ${errors.slice(0, mostLines).join('; ')}${more}`,
    'a metric, a label or a value has another name now, or a rule was never right',
    'Correct them. To find this before a change is merged, run flowplane-metrics check in CI.',
  );
}
