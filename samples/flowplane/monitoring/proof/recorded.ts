import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Series } from '../../../../spec/prometheus-server.js';
import { monitoring } from '../files.js';
import type { ExposedSample } from './exposition-text.js';

interface Rule {
  readonly record: string;
  readonly expr: string;
}

/** The expressions of the sample's recording rules, by the name of what they record. */
export const recordingRules: Readonly<Record<string, string>> = Object.fromEntries(
  (parse(readFileSync(join(monitoring, 'rules/recording.yml'), 'utf8')).groups as { rules: Rule[] }[])
    .flatMap(({ rules }) => rules)
    .map(({ record, expr }) => [record, expr]),
);

/**
 * What rules record, by the time at which they do, as a Prometheus computes it that has the raw series.
 *
 * Why not by promtool: it makes a block of every rule for every two hours, and a Prometheus needs minutes to make few
 * of so many.
 */
export async function recorded(
  url: string,
  records: readonly string[],
  range: { readonly start: number; readonly end: number; readonly step: number },
): Promise<Map<number, ExposedSample[]>> {
  const scrapes = new Map<number, ExposedSample[]>();
  for (const name of records) {
    for (const { metric, values } of await valuesOf(url, recordingRules[name] ?? name, range)) {
      for (const [time, value] of values) {
        const scrape = scrapes.get(time) ?? [];
        scrapes.set(time, scrape);
        scrape.push({ name, labels: metric, value: Number(value) });
      }
    }
  }
  return scrapes;
}

/** The values of a query over a range of any length: Prometheus gives no more than 11,000 of a series at once. */
async function valuesOf(
  url: string,
  query: string,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): Promise<Series[]> {
  const parts: Series[] = [];
  const length = 10_000 * step;
  for (let from = start; from <= end; from += length + step) {
    const times = { start: String(from), end: String(Math.min(from + length, end)), step: String(step) };
    const answer = await fetch(`${url}/api/v1/query_range?${new URLSearchParams({ query, ...times })}`);
    const { data } = (await answer.json()) as { data: { result: Series[] } };
    parts.push(...data.result);
  }
  return parts;
}
