import { type Bucket, coarsen, type Distribution, lowestSchema, nativeBound, sortBuckets } from './distribution.js';

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
  let merged = columns.map((one) => coarsen(one, schema));
  let rows = listRows(merged, schema);
  while (schema !== undefined && rows.length > maxRows && schema > lowestPossibleSchema) {
    schema -= 1;
    const next = schema;
    merged = merged.map((one) => coarsen(one, next));
    rows = listRows(merged, schema);
  }
  const cells = merged.map(({ buckets }) => rows.map(({ upper }) => buckets.get(upper)?.count ?? 0));
  return { rows, cells };
}

function listRows(columns: readonly Distribution[], schema: number | undefined): Row[] {
  const rows = new Map<number, Row>();
  for (const column of columns) {
    for (const { lower, upper, count } of sortBuckets(column)) {
      if (schema === undefined || count > 0) rows.set(upper, { lower, upper });
    }
  }
  if (schema !== undefined) fillPositive(rows, schema);
  return [...rows.values()].sort((a, b) => a.upper - b.upper);
}

/** Adds the empty buckets between the others. Why: a row stands for its place on the axis. */
function fillPositive(rows: Map<number, Row>, schema: number): void {
  const indexes = [...rows.values()]
    .filter(({ lower }) => lower > 0)
    .map(({ upper }) => Math.round(Math.log2(upper) * 2 ** schema));
  const last = Math.max(...indexes);
  for (let index = Math.min(...indexes); index < last; index++) {
    const upper = nativeBound(index, schema);
    if (!rows.has(upper)) rows.set(upper, { lower: nativeBound(index - 1, schema), upper });
  }
}
