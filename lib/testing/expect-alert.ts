import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { formatValue, MetricsError, type Problem, refuseIfAny } from '../error.js';
import { suggestNearest } from '../nearest-name.js';
import { type PlainDuration, plainDurationRule, toSeconds } from '../promql/duration.js';
import { checkOptions, checkValue, isFunction, isObject, isText, problem, type Rules } from '../validation.js';
import type { RecordedSeries } from './record-series.js';

/** Which rules are evaluated, on which series. */
export interface AlertOptions {
  /** The rule file that has the alert. */
  readonly rules: string;
  /** The series, from `recordSeries`. */
  readonly series: RecordedSeries;
  /** Further rule files, such as those with the recording rules that the alert reads. Default: none. */
  readonly otherRules?: readonly string[];
  /** How often Prometheus evaluates rules. Default: as often as it scrapes the series. */
  readonly evaluateEvery?: PlainDuration;
}

/** What a test says of an alert. Each promise is rejected where that is not so. */
export interface AlertExpectation {
  /** The alert fires when this time has passed since the first sample, and not before. */
  toFireAfter(time: PlainDuration): Promise<void>;
  /** The alert fires at some time. */
  toFire(): Promise<void>;
  /** The alert never fires. */
  toStayQuiet(): Promise<void>;
}

/**
 * Lets promtool evaluate a rule file on the series of a test, and asserts when an alert fires: after its `for`, at an
 * evaluation. promtool is a part of Prometheus.
 *
 * @throws MetricsError for wrong options; its promises are rejected with a MetricsError `missing_peer` where promtool is not
 *   installed, `unreadable_file` where the rules are wrong, and with an AssertionError where the alert behaves otherwise.
 * @example
 * import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
 * import { expectAlert, recordSeries } from 'flowplane-metrics/testing';
 *
 * const failures = defineCounter({ name: 'failures_total', help: 'Failures' });
 *
 * export async function testTheAlert(rules: string): Promise<void> {
 *   const recorder = new PrometheusRecorder();
 *   const counter = recorder.counter(failures);
 *   const series = await recordSeries(recorder, '15s');
 *   counter.inc();
 *   await series.pass('10m');
 *   await expectAlert('Failures', { rules, series }).toFireAfter('5m');
 * }
 */
export function expectAlert(alert: string, options: AlertOptions): AlertExpectation {
  refuseIfAny('expectAlert', [...checkValue('the alert', alertRule, alert), ...checkOptions(options, optionRules)]);
  const findFiring = () => findFiringTimes(alert, options);
  return {
    async toFireAfter(time) {
      refuseIfAny('expectAlert', checkTime(time, options));
      const [first] = await findFiring();
      if (first !== toSeconds(time)) fail(alert, `fire ${time} after the first sample`, describe(first));
    },
    async toFire() {
      const [first] = await findFiring();
      if (first === undefined) fail(alert, 'fire', describe(first));
    },
    async toStayQuiet() {
      const [first] = await findFiring();
      if (first !== undefined) fail(alert, 'stay quiet', describe(first));
    },
  };
}

const alertRule = {
  must: 'be the name of an alert',
  accepts: isText,
  remedy: 'Write for example "HighErrors"',
  isRequired: true as const,
};

const { isRequired: _isRequired, ...optionalDuration } = plainDurationRule;

const optionRules: Rules = {
  rules: {
    must: 'be the path of a rule file',
    accepts: isText,
    remedy: 'Write for example "rules/alerts.yml"',
    isRequired: true,
  },
  series: {
    must: 'be what recordSeries has given',
    accepts: (value) => isObject(value) && isFunction(value['toInput']),
    remedy: 'Write series: await recordSeries(recorder, "15s")',
    isRequired: true,
  },
  otherRules: { must: 'be a list of paths', accepts: Array.isArray, remedy: 'Write ["rules/recording.yml"]' },
  evaluateEvery: optionalDuration,
};

const lengthOf = ({ series }: AlertOptions): number => series.steps * toSeconds(series.every);
const stepOf = ({ series, evaluateEvery = series.every }: AlertOptions): number => toSeconds(evaluateEvery);

function checkTime(time: unknown, options: AlertOptions): Problem[] {
  const problems = checkValue('the time', plainDurationRule, time);
  if (problems.length > 0) return problems;
  const seconds = toSeconds(time as string);
  if (seconds > lengthOf(options)) {
    const message = `the recording ends before that time (given ${time}, and ${lengthOf(options)} s of samples). Let more time pass: await series.pass("${time}").`;
    return [problem('illegal_option', message)];
  }
  if (seconds % stepOf(options) === 0) return [];
  const message = `no evaluation is at that time (given ${time}, and one every ${stepOf(options)} s). Use a multiple of it, or "evaluateEvery".`;
  return [problem('illegal_option', message)];
}

const describe = (first: number | undefined): string =>
  first === undefined ? 'it never fires' : `it fires after ${first} s`;

function fail(alert: string, expected: string, actual: string): never {
  const error = new Error(`the alert "${alert}" should ${expected}, but ${actual}`);
  error.name = 'AssertionError';
  throw error;
}

/** The seconds since the first sample at which the alert fires. */
async function findFiringTimes(alert: string, options: AlertOptions): Promise<number[]> {
  await refuseUnknownAlert(alert, options.rules);
  const times = listEvaluations(options);
  const quiet = await findQuietTimes(alert, times, options);
  return times.filter((time) => !quiet.has(time));
}

const listEvaluations = (options: AlertOptions): number[] =>
  Array.from({ length: Math.floor(lengthOf(options) / stepOf(options)) + 1 }, (_, i) => i * stepOf(options));

/** The name of an alert in YAML or JSON, in any quotation marks or none. Why no parser: to read YAML takes a package. */
const namedAlert =
  /(?:^|[\s{,])["']?alert["']?:[^\S\n]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\n,}]+?)[^\S\n]*(?=[,}\n]|\s#|$))/g;

async function refuseUnknownAlert(alert: string, file: string): Promise<void> {
  const rules = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(`${file} cannot be read (given ${cause.code}). Correct the path.`, cause);
  });
  const alerts = [...rules.matchAll(namedAlert)].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
  if (alerts.includes(alert)) return;
  const known = alerts.join(', ') || 'none';
  throw unreadable(`${file} has no alert ${formatValue(alert)} (it has: ${known}). ${suggestNearest(alert, alerts)}`);
}

const unreadable = (message: string, cause?: unknown): MetricsError =>
  new MetricsError('expectAlert', [problem('unreadable_file', message)], { cause });

/**
 * Asks promtool at which evaluations the alert does not fire.
 *
 * Why so: promtool compares the labels and the annotations of an alert as well, which would repeat the rule in each test. The
 * series ALERTS that it writes says whether one fires, and each time where none does is a failed expectation that it prints.
 */
async function findQuietTimes(alert: string, times: readonly number[], options: AlertOptions): Promise<Set<number>> {
  const { series, rules, otherRules = [] } = options;
  const expr = `count(ALERTS{alertname=${JSON.stringify(alert)}, alertstate="firing"}) > bool 0`;
  const tests = [
    {
      interval: series.every,
      input_series: series.toInput(),
      promql_expr_test: times.map((time) => ({
        expr,
        eval_time: `${time * 1000}ms`,
        exp_samples: [{ labels: '{}', value: 1 }],
      })),
    },
  ];
  const rule_files = [rules, ...otherRules].map((file) => resolve(file));
  const printed = await runPromtool({ rule_files, evaluation_interval: `${stepOf(options) * 1000}ms`, tests });
  return new Set(Array.from(printed.matchAll(/\btime: ([\dhms.]+),?\n\s+exp:/g), ([, time = '']) => toSeconds(time)));
}

/** Runs a test file; gives what promtool prints of expectations that are not met. */
async function runPromtool(file: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'flowplane-metrics-'));
  try {
    const path = join(folder, 'test.json');
    // Why JSON: it is YAML.
    await writeFile(path, JSON.stringify(file));
    const { printed, isSuccess } = await run('promtool', ['test', 'rules', path]);
    if (!isSuccess && !/\btime: /.test(printed)) {
      throw unreadable(`promtool refuses the rules (given ${formatValue(printed.trim())}). Correct them.`);
    }
    return printed;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(command: string, args: readonly string[]): Promise<{ printed: string; isSuccess: boolean }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((end, reject) => child.once('error', reject).once('close', end));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]).catch((cause) => {
    throw new MetricsError('expectAlert', [problem('missing_peer', missingPromtool(cause))], { cause });
  });
  return { printed: out + err, isSuccess: code === 0 };
}

const missingPromtool = (cause: { readonly code?: string }): string =>
  `promtool is needed to evaluate rules (given none that starts: ${cause.code}). Install Prometheus, which has it: https://prometheus.io/download, or apt-get install prometheus.`;
