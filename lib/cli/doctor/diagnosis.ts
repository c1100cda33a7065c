import type { CatalogueEntry } from '../../catalogue/catalogue.js';
import type { ExposedFamily } from '../../exposition-reader/exposition.js';
import { withProgress } from '../progress.js';
import type { Endpoint, HttpResponse } from './http.js';

/** What the user has passed to the doctor. */
export interface DoctorOptions {
  readonly metrics: Endpoint;
  readonly prometheus: Endpoint | undefined;
  readonly grafana: Endpoint | undefined;
  /** The job of the scrape_config, and whether the user has named it. */
  readonly job: string;
  readonly isJobGiven: boolean;
  /** What is declared: expressions are checked against it, too. */
  readonly catalogue: readonly CatalogueEntry[] | undefined;
  /** Families that must be exposed. */
  readonly families: readonly string[];
  /** Seconds between the two scrapes that are compared. */
  readonly wait: number;
  /** More series than this in one family are a problem. */
  readonly maxSeries: number;
}

/** What the steps have found so far, for later steps. */
export interface DoctorState {
  readonly options: DoctorOptions;
  response?: HttpResponse;
  families?: ReadonlyMap<string, ExposedFamily>;
  /** The families that have native histograms. */
  nativeFamilies?: readonly string[];
  /** What answers under the URL of Prometheus. */
  server?: { readonly name: string; readonly isVictoriaMetrics: boolean };
  /** The labels that Prometheus gives to what it scrapes from the endpoint. */
  targetLabels?: readonly TargetLabels[];
  /** By how many seconds the clock of each process is ahead of this machine's. */
  readonly clocks: Map<string, number>;
}

/** The labels of one target. */
export type TargetLabels = Readonly<Record<string, string>>;

/**
 * The result of a step. A problem has its likely cause, and what to do. A remark says what is worth knowing, and changes
 * neither the status nor the exit code.
 */
export type StepResult =
  | { readonly status: 'ok'; readonly detail: string; readonly remarks?: readonly string[] }
  | { readonly status: 'problem'; readonly detail: string; readonly cause: string; readonly fix: string }
  | { readonly status: 'skipped'; readonly detail: string };

/** One step of the diagnosis. */
export interface Step {
  readonly name: string;
  /** The steps that must be ok for this one to make sense. */
  readonly needs: readonly string[];
  /** Checks something, and leaves in `state` what later steps need. */
  check(state: DoctorState): Promise<StepResult> | StepResult;
}

/** A result with the name of its step. */
export type NamedResult = StepResult & { readonly step: string };

export const ok = (detail: string, remarks: readonly string[] = []): StepResult => ({
  status: 'ok',
  detail,
  ...(remarks.length === 0 ? {} : { remarks }),
});
export const fail = (detail: string, cause: string, fix: string): StepResult => ({
  status: 'problem',
  detail,
  cause,
  fix,
});
export const skip = (detail: string): StepResult => ({ status: 'skipped', detail });

/** Runs the steps in their order. A step that needs one that is not ok is skipped. */
export async function* runSteps(steps: readonly Step[], state: DoctorState): AsyncGenerator<NamedResult> {
  const passed = new Set<string>();
  for (const step of steps) {
    const missing = step.needs.find((need) => !passed.has(need));
    const result =
      missing === undefined
        ? await withProgress(`checks ${step.name}`, () => step.check(state))
        : skip(`needs "${missing}"`);
    if (result.status === 'ok') passed.add(step.name);
    yield { step: step.name, ...result };
  }
}

/** Lists the families of the application, without those of its runtime and of this library. */
export const applicationFamilies = (families: ReadonlyMap<string, ExposedFamily>): ExposedFamily[] =>
  [...families.values()].filter(({ name }) => !/^(?:process|nodejs|flowplane_metrics)_/.test(name));

/** A `Date` header has whole seconds, and takes a moment to arrive. */
const toleranceSeconds = 5;

/** Checks that the clocks of all processes agree with the clock of this machine. */
export const clockStep: Step = {
  name: 'clocks',
  needs: [],
  check({ clocks }) {
    if (clocks.size === 0) return skip('no server has answered with a date');
    const wrong = [...clocks].find(([, ahead]) => Math.abs(ahead) > toleranceSeconds);
    if (wrong === undefined) return ok(`${[...clocks.keys()].join(', ')} and this machine agree`);
    const [process, ahead] = wrong;
    return fail(
      `The clock of ${process} is ${Math.round(Math.abs(ahead))} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`,
      'a machine without time synchronisation: graphs end early, or miss the last minutes',
      'Run chrony or systemd-timesyncd on both machines.',
    );
  },
};
