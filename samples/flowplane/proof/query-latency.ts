import { resourceTypes } from '../control-plane/resources/resource.js';
import { Backfill } from './backfill.js';
import { evaluateRules, recordingRules } from './evaluate-rules.js';
import type { ExposedSample } from './exposition-text.js';

// Measures queries over 14 days of 100 series at one sample a minute, with and without the recording rules:
// npm run latency --workspace samples/flowplane

const minute = 60;
const day = 24 * 60 * minute;
const days = 14;
const end = Math.floor(Date.now() / 1000 / minute) * minute - day;
const begin = end - days * day;
const teams = Array.from({ length: 25 }, (_, index) => `team-${index}`);
const target = { job: 'flowplane', instance: '127.0.0.1:9090' };

/** 75 gauges and 25 counters, all of which change. */
function scrapeAt(time: number): ExposedSample[] {
  const hour = (time - begin) / 3600;
  return teams.flatMap((team, index) => [
    ...resourceTypes.map((resource_type, shift) => ({
      name: 'xds_team_resources_total',
      labels: { team, resource_type, ...target },
      value: 10 + index + Math.round(5 * Math.sin(hour + shift)),
    })),
    {
      name: 'auth_cross_team_access_attempts_total',
      labels: { from_team: team, to_team: 'team-0', resource_type: 'cluster', ...target },
      value: Math.floor(hour * (index + 1)),
    },
  ]);
}

/** A query, or the name of a recording rule that has computed it. */
type Query = { readonly raw: string } | { readonly record: string };

interface Question {
  readonly title: string;
  /** The seconds of the range; 0 for an instant query. */
  readonly range: number;
  readonly step?: number;
  readonly query: Query;
}

const single: Query = { raw: 'xds_team_resources_total{team="team-7",resource_type="cluster"}' };
const sum = { record: 'team:xds_resources:sum' };
const rate = { record: 'from_to:auth_cross_team_access_attempts:rate1h' };

const questions: readonly Question[] = [
  { title: 'single series, now', range: 0, query: single },
  { title: 'single series, 1 hour', range: 3600, step: 15, query: single },
  { title: 'aggregation, now', range: 0, query: sum },
  { title: 'aggregation, 1 hour', range: 3600, step: 15, query: sum },
  { title: 'aggregation, 14 days', range: days * day, step: 1800, query: sum },
  { title: 'rate over 1 hour, 1 day', range: day, step: minute, query: rate },
  { title: 'rate over 1 hour, 14 days', range: days * day, step: 1800, query: rate },
];

/** 14 days of scrapes and of both rules, one a minute. */
async function createTwoWeeks(): Promise<Backfill> {
  const [raw, complete] = [new Backfill(), new Backfill()];
  for (let time = begin; time <= end; time += minute) raw.addScrape(time, scrapeAt(time));
  const prometheus = await raw.startPrometheus();
  try {
    const rules = await evaluateRules(prometheus.url, [sum.record, rate.record], { start: begin, end, step: minute });
    for (let time = begin; time <= end; time += minute) {
      complete.addScrape(time, [...scrapeAt(time), ...(rules.get(time) ?? [])]);
    }
    return complete;
  } finally {
    await prometheus.stop();
  }
}

/** Milliseconds until the client has the answer: median and slowest of twenty, after one query to warm up. */
async function measure(url: string, promql: string, { range, step }: Question): Promise<string> {
  const path = range === 0 ? 'query' : 'query_range';
  const times =
    range === 0 ? { time: String(end) } : { start: String(end - range), end: String(end), step: String(step) };
  const durations: number[] = [];
  for (let round = 0; round <= 20; round += 1) {
    const started = performance.now();
    const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams({ query: promql, ...times })}`);
    const { data } = (await answer.json()) as { data: { result: unknown[] } };
    if (data.result.length === 0) throw new Error(`${promql} has no result`);
    if (round > 0) durations.push(performance.now() - started);
  }
  const [median = 0, slowest = 0] = [durations.sort((a, b) => a - b)[10], durations.at(-1)];
  return `${median.toFixed(1)} (${slowest.toFixed(1)})`;
}

async function main(): Promise<void> {
  const prometheus = await (await createTwoWeeks()).startPrometheus();
  try {
    console.log(`${days} days of 100 series, one sample a minute`);
    console.log('milliseconds, median (slowest) of 20     raw expression   recording rule');
    for (const question of questions) {
      const { query } = question;
      const raw = 'raw' in query ? query.raw : (recordingRules[query.record] ?? '');
      const first = await measure(prometheus.url, raw, question);
      const second = 'record' in query ? await measure(prometheus.url, query.record, question) : '';
      console.log(`${question.title.padEnd(41)}${first.padEnd(17)}${second}`);
    }
  } finally {
    await prometheus.stop();
  }
}

await main();
