import { findNearest } from '../nearest-name.js';
import { type Fault, type FaultKind, faultKinds, type Severity, type Span } from './faults.js';
import type { KnownFamily, KnownNames } from './known-names.js';
import { type Expression, partsOf } from './promql/expression.js';
import type { RecordedNames } from './recorded-names.js';

/** What an expression is for: what is wrong in an alert may be fine in a panel. */
export type Use = 'alert' | 'record' | 'panel' | 'variable';

/** What every expression is examined against. */
export interface Knowledge {
  readonly names: KnownNames;
  readonly records: RecordedNames;
  /** The usual seconds between two scrapes. */
  readonly scrapeSeconds: number;
  /** The known names that are nearest to those that are not known. Why kept: a wrong name stands in many expressions. */
  readonly nearest: Map<string, string | undefined>;
}

/** What a fault is about, where that is known. */
export interface FaultDetails {
  /** Whether everything that it is about is declared by code. */
  readonly isOwn: boolean;
  readonly nearest?: string | undefined;
  readonly family?: KnownFamily | undefined;
  /** Instead of the severity of its kind. */
  readonly severity?: Severity;
}

/** Kinds that are errors whatever they are about. */
const alwaysErrors: readonly FaultKind[] = ['syntax', 'unknown-name'];

/** The examination of one expression: what it is examined against, and what was found. */
export class Examination {
  readonly knowledge: Knowledge;
  readonly use: Use;
  readonly faults: Fault[] = [];
  readonly #expression: Expression;

  constructor(knowledge: Knowledge, use: Use, expression: Expression) {
    this.knowledge = knowledge;
    this.use = use;
    this.#expression = expression;
  }

  /** Whether the expression reads this name at an earlier time too. */
  readsEarlier(name: string): boolean {
    return listEarlier(this.#expression).includes(name);
  }

  report(kind: FaultKind, { from, to }: Span, message: string, details: FaultDetails): void {
    const { isOwn, nearest, family, severity = faultKinds[kind].severity } = details;
    const isCertain = isOwn || alwaysErrors.includes(kind);
    this.faults.push({
      kind,
      severity: isCertain ? severity : 'remark',
      from,
      to,
      message,
      ...(nearest !== undefined && { nearest }),
      ...(family?.declaredAt !== undefined && { declaredAt: family.declaredAt }),
    });
  }

  /** The known name that is nearest to a misspelt one. */
  nearestName(name: string): string | undefined {
    const { names, records, nearest } = this.knowledge;
    if (!nearest.has(name)) {
      const found = [names.findNearest(name), records.findNearest(name)].filter((one) => one !== undefined);
      nearest.set(name, findNearest(name, found));
    }
    return nearest.get(name);
  }
}

function listEarlier(expression: Expression, isEarlier = false): string[] {
  if (expression.type === 'selector') return isEarlier && expression.name ? [expression.name.text] : [];
  return partsOf(expression).flatMap((part) => listEarlier(part, isEarlier || expression.type === 'shift'));
}
