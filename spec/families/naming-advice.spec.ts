import { expect } from 'chai';
import { defineCounter, defineGauge, defineHistogram, type Family, PrometheusRecorder } from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';

const help = 'What it is';
const counter = (name: string, options: object = {}): Family => defineCounter({ name, help, ...options });
const gauge = (name: string, options: object = {}): Family => defineGauge({ name, help, ...options });
const histogram = (name: string, options: object = {}): Family => defineHistogram({ name, help, ...options });

/** What a recorder remarks on a family, without what is the same each time. */
function remarksOn(family: Family): string[] {
  const heard: string[] = [];
  new PrometheusRecorder({ onAdvice: ({ code, message }) => heard.push(`${code} ${message}`) }).open(family);
  return heard.map(
    (one) => /^naming .*\(given (.*)\)\. Rename it, or silence this with advice: false\.$/.exec(one)?.[1] ?? one,
  );
}

const against: readonly (readonly [Family, string])[] = [
  [counter('jobs'), 'a counter ends in "_total"'],
  [gauge('jobs_total'), 'only a counter ends in "_total"'],
  [histogram('start_timestamp_seconds'), 'only a gauge ends in "_timestamp_seconds"'],
  ...Object.entries({
    seconds: ['milliseconds', 'nanoseconds', 'kiloseconds', 'minutes', 'hours', 'days', 'weeks'],
    bytes: ['kilobytes', 'mebibytes', 'terabytes', 'pebibytes', 'bits', 'gigabits'],
    ratio: ['percent', 'percentage'],
    celsius: ['fahrenheit', 'rankine', 'millicelsius'],
    kelvin: ['kelvins', 'kilokelvin'],
    meters: ['kilometers', 'inches', 'yards', 'miles'],
    metres: ['centimetres'],
    grams: ['milligrams', 'pounds', 'ounces'],
    joules: ['kilojoules', 'calories', 'kilocalories'],
    volts: ['millivolts'],
    amperes: ['microamperes'],
  }).flatMap(([base, words]) =>
    words.map((word) => [gauge(`x_${word}`), `"${word}" is not a base unit: measure in ${base}`] as const),
  ),
  [gauge('minutes'), '"minutes" is not a base unit: measure in seconds'],
  [counter('uptime_days_total'), '"days" is not a base unit: measure in seconds'],
  ...Object.entries({
    seconds: ['s', 'sec', 'ms', 'us', 'ns', 'h', 'd'],
    bytes: ['b', 'kb', 'mb', 'gb', 'tb', 'pb', 'kib', 'mib', 'gib', 'tib', 'pib'],
    'meters or seconds': ['m'],
  }).flatMap(([base, words]) =>
    words.map(
      (word) => [histogram(`x_${word}`), `"${word}" abbreviates a unit: measure in ${base}, and write it out`] as const,
    ),
  ),
  [counter('waited_ms_total'), '"ms" abbreviates a unit: measure in seconds, and write it out'],
  [gauge('memory', { unit: 'bytes' }), 'the name does not end in its unit "bytes"'],
  ...['counter', 'gauge', 'histogram', 'summary'].map(
    (kind) => [gauge(`queue_${kind}_depth`), `the type "${kind}" does not belong in the name`] as const,
  ),
  [gauge('queue_gauge'), 'the type "gauge" does not belong in the name'],
  [counter('jobs_by_team_total', { labels: { team: {} } }), 'label "team" is repeated in the name'],
  ...['job', 'instance'].map(
    (label) =>
      [
        gauge('depth', { labels: { [label]: {} } }),
        `label "${label}" is what Prometheus calls the target: use another name`,
      ] as const,
  ),
  [gauge('depth', { labels: { le: {} } }), 'label "le" is kept for samples of a histogram'],
  [counter('jobs_total', { labels: { le: {} } }), 'label "le" is kept for samples of a histogram'],
  [gauge('depth', { labels: { quantile: {} } }), 'label "quantile" is kept for samples of a summary'],
  [histogram('wait_seconds', { labels: { quantile: {} } }), 'label "quantile" is kept for samples of a summary'],
  [gauge('queueDepth'), '"queueDepth" is in camelCase: names are in snake_case'],
  [gauge('depth', { labels: { queueName: {} } }), '"queueName" is in camelCase: names are in snake_case'],
  [gauge('xds:team_resources'), 'a ":" is kept for recording rules'],
  ...['up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'scrape_series_limit'].map(
    (name) => [gauge(name), `Prometheus writes "${name}" itself, for each target: use another name`] as const,
  ),
  ...['ALERTS', 'ALERTS_FOR_STATE'].map(
    (name) => [gauge(name), `Prometheus writes "${name}" itself, for each alert: use another name`] as const,
  ),
  [gauge('depth', { help: 'depth' }), 'the help says no more than the name'],
  [gauge('wait_sum'), 'the ending "_sum" is kept for samples of a histogram'],
  [gauge('wait_count'), 'the ending "_count" is kept for samples of a histogram'],
  [gauge('wait_bucket'), 'the ending "_bucket" is kept for samples of a histogram'],
  [gauge('user_created'), 'the ending "_created" is kept for samples of a gauge\'s series'],
  [gauge('build_info'), 'the ending "_info" is kept for info metrics'],
  [counter('bytes_sum_total'), 'the ending "_sum" is kept for samples of a histogram'],
];

const customary: readonly Family[] = [
  counter('jobs_total'),
  counter('sent_bytes_total', { unit: 'bytes' }),
  counter('auth_cross_team_access_attempts_total', { labels: { from_team: {}, to_team: {}, resource_type: {} } }),
  gauge('queue_depth', { labels: { queue: {} } }),
  gauge('memory_bytes', { unit: 'bytes' }),
  gauge('cpu_ratio'),
  ...['amperes', 'bytes', 'celsius', 'grams', 'joules', 'kelvin', 'meters', 'metres', 'seconds', 'volts'].map((unit) =>
    gauge(`x_${unit}`, { unit }),
  ),
  gauge('last_run_timestamp_seconds'),
  histogram('http_request_duration_seconds', { unit: 'seconds', labels: { method: {} } }),
  gauge('backups'),
  gauge('worker_up'),
  gauge('alerts'),
  gauge('counter_resets'),
  gauge('jobs_total', { advice: false }),
];

describe('A recorder that checks names', () => {
  for (const [family, remark] of against) {
    it(`advises on the ${family.kind} ${family.name}${Object.keys(family.labels).map((one) => `{${one}}`)}: ${remark}`, () => {
      expect(remarksOn(family)).to.deep.equal([remark]);
    });
  }

  for (const family of customary) {
    it(`gives no advice on the ${family.kind} ${family.name}${family.advice === false ? ' with advice: false' : ''}`, () => {
      expect(remarksOn(family)).to.deep.equal([]);
    });
  }

  it('judges a name with the prefix that it is exposed by', () => {
    const heard: string[] = [];
    const recorder = new PrometheusRecorder({ prefix: 'shop_', onAdvice: ({ message }) => heard.push(message) });
    recorder.open(gauge('up'));
    recorder.open(gauge('b'));
    expect(heard).to.deep.equal([
      'defineGauge "b": family "shop_b" does not follow the naming conventions (given "b" abbreviates a unit: measure in bytes, and write it out). Rename it, or silence this with advice: false.',
    ]);
  });

  it('gives one advice per family with all its naming problems', () => {
    const family = defineGauge({ name: 'waitTimeMs_total', help: 'waitTimeMs_total', labels: { job: {} } });
    expect(remarksOn(family)).to.deep.equal([
      'only a counter ends in "_total"; label "job" is what Prometheus calls the target: use another name; "waitTimeMs_total" is in camelCase: names are in snake_case; the help says no more than the name',
    ]);
  });

  it('names each label that breaks the conventions', () => {
    const family = defineGauge({
      name: 'depth',
      help: 'Waiting jobs',
      labels: { job: {}, queueName: {}, poolName: {} },
    });
    expect(remarksOn(family)).to.deep.equal([
      'label "job" is what Prometheus calls the target: use another name; "queueName" is in camelCase: names are in snake_case; "poolName" is in camelCase: names are in snake_case',
    ]);
  });

  it('gives one advice on the gauge of the design document, which works all the same', () => {
    const recorder = new MemoryRecorder();
    const family = defineGauge({ name: 'xds_team_resources_total', help: 'Resources', labels: { team: {} } });
    recorder.gauge(family).set({ team: 'payments' }, 7);
    recorder.gauge(family).set({ team: 'payments' }, 8);
    expect(recorder.advice).to.deep.equal([
      {
        code: 'naming',
        message:
          'defineGauge "xds_team_resources_total": family "xds_team_resources_total" does not follow the naming conventions (given only a counter ends in "_total"). Rename it, or silence this with advice: false.',
      },
    ]);
    expect(recorder.value('xds_team_resources_total', { team: 'payments' })).to.equal(8);
  });
});
