import { setTimeout as wait } from 'node:timers/promises';
import { resourceTypes } from '../../resources/resource.js';
import type { ExposedSample } from './exposition-text.js';
import { History } from './history.js';

// How long queries take over 14 days of 100 series at one sample a minute, with and without the recording rules:
// npm run latency

const minute = 60;
const day = 24 * 60 * minute;
const days = 14;
const end = Math.floor(Date.now() / 1000 / minute) * minute - day;
const begin = end - days * day;
const teams = Array.from({ length: 25 }, (_, index) => `team-${index}`);
const target = { job: 'flowplane', instance: '127.0.0.1:9090' };

/** 75 gauges and 25 counters, which move. */
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

interface Question {
  readonly title: string;
  /** The seconds of the range; 0 for an instant query. */
  readonly range: number;
  readonly step?: number;
  readonly raw: string;
  readonly recorded?: string;
}

const questions: readonly Question[] = [
  { title: 'single series, now', range: 0, raw: 'xds_team_resources_total{team="team-7",resource_type="cluster"}' },
  {
    title: 'single series, 1 hour',
    range: 3600,
    step: 15,
    raw: 'xds_team_resources_total{team="team-7",resource_type="cluster"}',
  },
  {
    title: 'aggregation, now',
    range: 0,
    raw: 'sum by (team) (xds_team_resources_total)',
    recorded: 'team:xds_resources:sum',
  },
  {
    title: 'aggregation, 1 hour',
    range: 3600,
    step: 15,
    raw: 'sum by (team) (xds_team_resources_total)',
    recorded: 'team:xds_resources:sum',
  },
  {
    title: 'aggregation, 14 days',
    range: days * day,
    step: 1800,
    raw: 'sum by (team) (xds_team_resources_total)',
    recorded: 'team:xds_resources:sum',
  },
  {
    title: 'rate over 1 hour, 1 day',
    range: day,
    step: 60,
    raw: 'sum by (from_team, to_team) (rate(auth_cross_team_access_attempts_total[1h]))',
    recorded: 'from_to:auth_cross_team_access_attempts:rate1h',
  },
  {
    title: 'rate over 1 hour, 14 days',
    range: days * day,
    step: 1800,
    raw: 'sum by (from_team, to_team) (rate(auth_cross_team_access_attempts_total[1h]))',
    recorded: 'from_to:auth_cross_team_access_attempts:rate1h',
  },
];

/** Milliseconds of a query, as its client waits: the median and the slowest of twenty, after one that warms up. */
async function measure(url: string, promql: string, { range, step }: Question): Promise<string> {
  const path = range === 0 ? 'query' : 'query_range';
  const times =
    range === 0 ? { time: String(end) } : { start: String(end - range), end: String(end), step: String(step) };
  const taken: number[] = [];
  for (let round = 0; round <= 20; round += 1) {
    const started = performance.now();
    const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams({ query: promql, ...times })}`);
    const { data } = (await answer.json()) as { data: { result: unknown[] } };
    if (data.result.length === 0) throw new Error(`${promql} answers nothing`);
    if (round > 0) taken.push(performance.now() - started);
  }
  const [median = 0, slowest = 0] = [taken.sort((a, b) => a - b)[10], taken.at(-1)];
  return `${median.toFixed(1)} (${slowest.toFixed(1)})`;
}

/** Until Prometheus has made few large blocks of many small ones, which it begins a minute after its start. */
async function compacted(url: string): Promise<void> {
  let blocks = Number.NaN;
  for (let quiet = 0; quiet < 8; ) {
    await wait(1000);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
    const changed = value('prometheus_tsdb_blocks_loaded') !== blocks;
    blocks = value('prometheus_tsdb_blocks_loaded');
    quiet = changed || value('prometheus_tsdb_compactions_total') === 0 ? 0 : quiet + 1;
  }
  console.log(`${days} days of 100 series, one sample a minute, in ${blocks} blocks`);
}

async function main(): Promise<void> {
  const history = new History();
  for (let time = begin; time <= end; time += minute) history.add(time, scrapeAt(time));
  const prometheus = await history.serve(begin, end, '60s');
  try {
    await compacted(prometheus.url);
    console.log('milliseconds, median (slowest) of 20     raw expression   recording rule');
    for (const question of questions) {
      const raw = await measure(prometheus.url, question.raw, question);
      const recorded = question.recorded && (await measure(prometheus.url, question.recorded, question));
      console.log(`${question.title.padEnd(41)}${raw.padEnd(17)}${recorded ?? ''}`);
    }
  } finally {
    await prometheus.stop();
  }
}

await main();
