import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { monitoringFolder } from '../monitoring/paths.js';
import type { ExposedSample } from './exposition-text.js';
import type { Series } from './prometheus-server.js';

interface Rule {
  readonly record: string;
  readonly expr: string;
}

/** The expressions of the sample's recording rules, by name. */
export const recordingRules: Readonly<Record<string, string>> = Object.fromEntries(
  (parse(readFileSync(join(monitoringFolder, 'rules/recording.yml'), 'utf8')).groups as { rules: Rule[] }[])
    .flatMap(({ rules }) => rules)
    .map(({ record, expr }) => [record, expr]),
);

/**
 * Evaluates recording rules over a range with a Prometheus that has the raw series. Returns the samples by time.
 *
 * Why not promtool: it writes one block per rule and two hours, and Prometheus needs minutes to compact that many.
 */
export async function evaluateRules(
  url: string,
  names: readonly string[],
  range: { readonly start: number; readonly end: number; readonly step: number },
): Promise<Map<number, ExposedSample[]>> {
  const scrapes = new Map<number, ExposedSample[]>();
  for (const name of names) {
    for (const { metric, values } of await queryRange(url, recordingRules[name] ?? name, range)) {
      for (const [time, value] of values) {
        const scrape = scrapes.get(time) ?? [];
        scrapes.set(time, scrape);
        scrape.push({ name, labels: metric, value: Number(value) });
      }
    }
  }
  return scrapes;
}

/** A range query of any length. Why in parts: Prometheus returns at most 11,000 points per series. */
async function queryRange(
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
