/** What a step found. A problem comes with its likely cause and the way out. */
export type Finding =
  | { readonly status: 'ok'; readonly detail: string }
  | { readonly status: 'problem'; readonly detail: string; readonly cause: string; readonly fix: string }
  | { readonly status: 'skipped'; readonly detail: string };

/** One step of the examination. */
export interface Step<Facts> {
  readonly name: string;
  /** Steps that must have been fine for this one to make sense. */
  readonly needs: readonly string[];
  /** Looks, and leaves in `facts` what later steps want to know. */
  examine(facts: Facts): Promise<Finding> | Finding;
}

export type Result = Finding & { readonly step: string };

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const problem = (detail: string, cause: string, fix: string): Finding => ({
  status: 'problem',
  detail,
  cause,
  fix,
});
export const skipped = (detail: string): Finding => ({ status: 'skipped', detail });

/** Takes the steps in their order. One whose needs were not fine is skipped. */
export async function* examine<Facts>(steps: readonly Step<Facts>[], facts: Facts): AsyncGenerator<Result> {
  const fine = new Set<string>();
  for (const step of steps) {
    const missing = step.needs.find((need) => !fine.has(need));
    const finding = missing === undefined ? await step.examine(facts) : skipped(`needs "${missing}"`);
    if (finding.status === 'ok') fine.add(step.name);
    yield { step: step.name, ...finding };
  }
}
