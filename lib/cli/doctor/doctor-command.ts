import { readCatalogue } from '../check/known-sources.js';
import type { Command } from '../command.js';
import { parseOptions } from '../parse-options.js';
import { isUrl, parseHeaders, parseUrl } from '../parse-values.js';
import { clockStep, type DoctorOptions, type DoctorState, type NamedResult, runSteps } from './diagnosis.js';
import { endpointSteps } from './endpoint-steps.js';
import { expressionSteps } from './expression-steps.js';
import { grafanaSteps } from './grafana-steps.js';
import type { Endpoint } from './http.js';
import { prometheusSteps } from './prometheus-steps.js';

const help = `Usage: flowplane-metrics doctor [options]

Follows metrics from the endpoint through Prometheus to Grafana. Prints where they get lost, why, and what to do.

  --metrics URL             the endpoint (default: http://127.0.0.1:9090/metrics)
  --prometheus URL          Prometheus, for example http://127.0.0.1:9091 (default: not checked)
  --grafana URL             Grafana, for example http://127.0.0.1:3000 (default: not checked)
  --metrics-header 'N: V'   a header for the endpoint, such as Authorization; may be repeated
  --prometheus-header       the same for Prometheus
  --grafana-header          the same for Grafana (default: the token in GRAFANA_TOKEN, as Authorization: Bearer)
  --job NAME                the job of the scrape_config, or the name of its ServiceMonitor
                            (default: flowplane, otherwise the job that scrapes this endpoint)
  --catalogue FILE          what "catalogue --json" has printed: rules, alerts and dashboards are checked against it, too
  --family NAME             a family that must be exposed; may be repeated
  --wait SECONDS            the time between the two scrapes that are compared (default: 2)
  --max-series N            report a family with more series than this (default: 1000)
  --json                    print {"ok": …, "steps": [{"step", "status", "detail", "remarks", "cause", "fix"}]}

Exit code: 0 where no step has a problem, 1 where a step has one, 2 where the options are wrong.`;

/** Runs the troubleshooting checklist. */
export const doctorCommand: Command = {
  usage: 'doctor [--metrics <url>] [--prometheus <url>] [--grafana <url>] [--json] [--help]',
  summary: 'Follows metrics from the endpoint through Prometheus to Grafana: where they get lost, why, and what to do.',
  help,
  async run(args, output) {
    const { options, json } = await readOptions(args);
    const state: DoctorState = { options, clocks: new Map() };
    const results: NamedResult[] = [];
    const steps = [...endpointSteps, ...prometheusSteps, ...grafanaSteps, ...expressionSteps, clockStep];
    for await (const result of runSteps(steps, state)) {
      results.push(result);
      if (!json) output.out(`${formatResult(result)}\n`);
    }
    const isOk = results.every(({ status }) => status !== 'problem');
    if (json) output.out(`${JSON.stringify({ ok: isOk, steps: results }, undefined, 2)}\n`);
    return isOk ? 0 : 1;
  },
};

async function readOptions(
  args: readonly string[],
): Promise<{ readonly options: DoctorOptions; readonly json: boolean }> {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  const { values, positionals } = parseOptions(args, {
    metrics: text,
    prometheus: text,
    grafana: text,
    'metrics-header': texts,
    'prometheus-header': texts,
    'grafana-header': texts,
    job: text,
    catalogue: text,
    family: texts,
    wait: text,
    'max-series': text,
    json: { type: 'boolean' },
  });
  refuseArguments(positionals);
  const endpoint = (option: 'metrics' | 'prometheus' | 'grafana', url: string): Endpoint => ({
    url: parseUrl(option, url),
    headers: new Headers(parseHeaders(option, values[`${option}-header`] ?? [])),
  });
  const options = {
    metrics: endpoint('metrics', values.metrics ?? 'http://127.0.0.1:9090/metrics'),
    prometheus: values.prometheus === undefined ? undefined : endpoint('prometheus', values.prometheus),
    grafana: values.grafana === undefined ? undefined : withToken(endpoint('grafana', values.grafana)),
    job: values.job ?? 'flowplane',
    isJobGiven: values.job !== undefined,
    catalogue: values.catalogue === undefined ? undefined : await readCatalogue(values.catalogue),
    families: values.family ?? [],
    wait: parseAmount('wait', values.wait, 2),
    maxSeries: parseAmount('max-series', values['max-series'], 1000),
  };
  return { options, json: values.json ?? false };
}

/** Why from the environment: what stands among the arguments can be read by everybody on the machine. */
function withToken(grafana: Endpoint): Endpoint {
  const token = process.env['GRAFANA_TOKEN'];
  if (token !== undefined && !grafana.headers.has('authorization')) {
    grafana.headers.set('Authorization', `Bearer ${token}`);
  }
  return grafana;
}

/** Why without the argument itself: it may be a part of a secret that has lost its quotation marks. */
function refuseArguments(given: readonly string[]): void {
  if (given.length === 0) return;
  const [what, remedy] = given.some(isUrl)
    ? ['a URL without an option', 'Write --metrics before it']
    : ['a word without an option', 'Put quotation marks around a value that has blanks'];
  throw new Error(`only options may be given (given ${what}). ${remedy}.`);
}

function parseAmount(option: string, given: string | undefined, preset: number): number {
  if (given === undefined) return preset;
  const number = Number(given);
  if (given !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${option} must be a number, not negative (given "${given}"). Leave it out for ${preset}.`);
}

function formatResult(result: NamedResult): string {
  const first = `${result.status.padEnd(8)}${result.step.padEnd(12)}${result.detail}`;
  const indent = ' '.repeat(20);
  if (result.status === 'ok')
    return [first, ...(result.remarks ?? []).map((one) => `${indent}remark: ${one}`)].join('\n');
  if (result.status === 'skipped') return first;
  return [first, `${indent}likely: ${result.cause}`, `${indent}do:     ${result.fix}`].join('\n');
}
