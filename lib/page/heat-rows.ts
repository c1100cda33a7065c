import { align, type Bucket, coarsen, type Distribution, lowestSchema, nativeBound } from './distribution.js';

/** A row of a heat map. */
export type Row = Pick<Bucket, 'lower' | 'upper'>;

/** The rows of a heat map, the lowest first, and what each column has in each of them. */
export interface HeatRows {
  readonly rows: readonly Row[];
  /** For each column, the observations by row. */
  readonly cells: readonly (readonly number[])[];
}

/** More rows than that are too thin to be seen. */
const maxRows = 40;
const lowestPossibleSchema = -4;

/** Lays out the observations of several times in common rows. Native buckets are merged until there are few enough. */
export function layOutRows(columns: readonly Distribution[]): HeatRows {
  let schema = lowestSchema(columns);
  let merged = align(columns);
  // Why counted first: between a nanosecond and a century are thousands of narrow buckets.
  while (schema !== undefined && schema > lowestPossibleSchema && countRows(merged, schema) > maxRows) {
    schema -= 1;
    const next = schema;
    merged = merged.map((one) => coarsen(one, next));
  }
  const rows = listRows(merged, schema);
  const cells = merged.map(({ buckets }) => rows.map(({ upper }) => buckets.get(upper)?.count ?? 0));
  return { rows, cells };
}

function listRows(columns: readonly Distribution[], schema: number | undefined): Row[] {
  const rows = new Map(listFilled(columns, schema).map((row) => [row.upper, row]));
  if (schema !== undefined) fillPositive(rows, schema);
  return [...rows.values()].sort((a, b) => a.upper - b.upper);
}

/** Lists the buckets that become rows whatever is between them: of native ones, those with observations. */
function listFilled(columns: readonly Distribution[], schema: number | undefined): Row[] {
  const rows = new Map<number, Row>();
  for (const { buckets } of columns) {
    for (const { lower, upper, count } of buckets.values()) {
      if (schema === undefined || count > 0) rows.set(upper, { lower, upper });
    }
  }
  return [...rows.values()];
}

function countRows(columns: readonly Distribution[], schema: number): number {
  const rows = listFilled(columns, schema);
  const { first, last } = spanOf(rows, schema);
  return rows.filter(({ lower }) => lower <= 0).length + Math.max(0, last - first + 1);
}

/** The indexes of the first and the last native bucket above zero. */
function spanOf(rows: Iterable<Row>, schema: number): { readonly first: number; readonly last: number } {
  const indexes = [...rows]
    .filter(({ lower }) => lower > 0)
    .map(({ upper }) => Math.round(Math.log2(upper) * 2 ** schema));
  return { first: Math.min(...indexes), last: Math.max(...indexes) };
}

/** Adds the empty buckets between the others. Why: a row stands for its place on the axis. */
function fillPositive(rows: Map<number, Row>, schema: number): void {
  const { first, last } = spanOf(rows.values(), schema);
  for (let index = first; index < last; index++) {
    const upper = nativeBound(index, schema);
    if (!rows.has(upper)) rows.set(upper, { lower: nativeBound(index - 1, schema), upper });
  }
}
