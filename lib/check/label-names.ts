/**
 * The label names that the series of an expression have: those that each has, those that each may have, and whether
 * there may be others that nobody knows.
 */
export interface LabelNames {
  readonly sure: ReadonlySet<string>;
  /** With those that are sure. */
  readonly possible: ReadonlySet<string>;
  readonly isOpen: boolean;
}

/** Nothing is known. */
export const anyLabels: LabelNames = { sure: new Set(), possible: new Set(), isOpen: true };

/** There are none. */
export const noLabels: LabelNames = { sure: new Set(), possible: new Set(), isOpen: false };

/** Whether a series may have this label. */
export const canHave = ({ possible, isOpen }: LabelNames, label: string): boolean => isOpen || possible.has(label);

/** What `by (…)` or `on (…)` leaves. */
export function keepLabels(of: LabelNames, labels: readonly string[]): LabelNames {
  const kept = labels.filter((label) => canHave(of, label));
  return { sure: new Set(kept.filter((label) => of.sure.has(label))), possible: new Set(kept), isOpen: false };
}

/** What `without (…)` or `ignoring (…)` leaves. */
export function dropLabels(of: LabelNames, labels: readonly string[]): LabelNames {
  if (labels.length === 0) return of;
  const isKept = (label: string) => !labels.includes(label);
  return {
    sure: new Set([...of.sure].filter(isKept)),
    possible: new Set([...of.possible].filter(isKept)),
    isOpen: of.isOpen,
  };
}

/** With labels that may be there, as a function adds them. */
export const addLabels = (of: LabelNames, labels: readonly string[]): LabelNames =>
  labels.length === 0 ? of : { sure: of.sure, possible: new Set([...of.possible, ...labels]), isOpen: of.isOpen };

/** With labels that are there, as a rule adds them. */
export const setLabels = (of: LabelNames, labels: readonly string[]): LabelNames => ({
  sure: new Set([...of.sure, ...labels]),
  possible: new Set([...of.possible, ...labels]),
  isOpen: of.isOpen,
});

/** The labels of series of one expression or another. */
export const eitherLabels = (a: LabelNames, b: LabelNames): LabelNames =>
  a === b
    ? a
    : {
        sure: new Set([...a.sure].filter((label) => b.sure.has(label))),
        possible: new Set([...a.possible, ...b.possible]),
        isOpen: a.isOpen || b.isOpen,
      };

/** A label that each series of one side has and none of the other; `undefined` where two series can have the same. */
export const findDifference = (a: LabelNames, b: LabelNames): string | undefined =>
  a === b
    ? undefined
    : ([...a.sure].find((label) => !canHave(b, label)) ?? [...b.sure].find((label) => !canHave(a, label)));
