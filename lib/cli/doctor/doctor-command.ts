import { parseArgs } from 'node:util';
import type { Command } from '../command.js';
import type { Place } from './ask.js';
import { clockStep } from './clock-step.js';
import { endpointSteps } from './endpoint-steps.js';
import type { DoctorOptions, Facts } from './facts.js';
import { grafanaSteps } from './grafana-steps.js';
import { prometheusSteps } from './prometheus-steps.js';
import { examine, type Result } from './step.js';

const help = `Usage: flowplane-metrics doctor [options]

Follows the numbers from the endpoint through Prometheus to Grafana, and says where they stop, why, and what to do.

  --metrics URL             the endpoint (http://127.0.0.1:9090/metrics)
  --prometheus URL          Prometheus, for example http://127.0.0.1:9091; left out unless given
  --grafana URL             Grafana, for example http://127.0.0.1:3000; left out unless given
  --metrics-header 'N: V'   a header for the endpoint, such as Authorization; may be repeated,
  --prometheus-header       and so for the others
  --grafana-header
  --job NAME                the job of the scrape_config (flowplane)
  --family NAME             a family that must be exposed; may be repeated
  --wait SECONDS            between the two scrapes that are compared (2)
  --max-series N            more series in one family are a problem (1000)
  --json                    print {"ok": …, "steps": [{"step", "status", "detail", "cause", "fix"}]}

Exit code: 0 where no step has a problem, 1 where one has, 2 for options that are wrong.`;

/** The troubleshooting checklist as a program. */
export const doctorCommand: Command = {
  usage: 'doctor [--metrics <url>] [--prometheus <url>] [--grafana <url>] [--json] [--help]',
  summary:
    'Finds where numbers stop on their way from the endpoint through Prometheus to Grafana, why, and what to do.',
  async run(args, output) {
    if (args.includes('--help') || args.includes('-h')) {
      output.out(`${help}\n`);
      return 0;
    }
    const { options, json } = optionsFrom(args);
    const facts: Facts = { options, clocks: new Map() };
    const results: Result[] = [];
    for await (const result of examine([...endpointSteps, ...prometheusSteps, ...grafanaSteps, clockStep], facts)) {
      results.push(result);
      if (!json) output.out(`${described(result)}\n`);
    }
    const fine = results.every(({ status }) => status !== 'problem');
    if (json) output.out(`${JSON.stringify({ ok: fine, steps: results }, undefined, 2)}\n`);
    return fine ? 0 : 1;
  },
};

function optionsFrom(args: readonly string[]): { readonly options: DoctorOptions; readonly json: boolean } {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      metrics: text,
      prometheus: text,
      grafana: text,
      'metrics-header': texts,
      'prometheus-header': texts,
      'grafana-header': texts,
      job: text,
      family: texts,
      wait: text,
      'max-series': text,
      json: { type: 'boolean' },
    },
  });
  const place = (option: 'metrics' | 'prometheus' | 'grafana', url: string): Place => ({
    url: checkedUrl(option, url),
    headers: headersFrom(option, values[`${option}-header`] ?? []),
  });
  const options = {
    metrics: place('metrics', values.metrics ?? 'http://127.0.0.1:9090/metrics'),
    prometheus: values.prometheus === undefined ? undefined : place('prometheus', values.prometheus),
    grafana: values.grafana === undefined ? undefined : place('grafana', values.grafana),
    job: values.job ?? 'flowplane',
    families: values.family ?? [],
    wait: amount('wait', values.wait ?? '2'),
    maxSeries: amount('max-series', values['max-series'] ?? '1000'),
  };
  return { options, json: values.json ?? false };
}

function checkedUrl(option: string, url: string): string {
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new Error(`--${option} must be a URL with http:// or https:// (given "${url}").`);
  }
  const { username, password } = new URL(url);
  if (username === '' && password === '') return url;
  // Why without the URL itself: what it has of a password would be printed with every step.
  throw new Error(
    `--${option} must be a URL without a user and a password. Give them as --${option}-header 'Authorization: Basic …'.`,
  );
}

function headersFrom(option: string, lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([\w-]+):\s*(.+)$/.exec(line) ?? [];
    // Why without the header itself: it may be a secret.
    if (name === undefined || value === undefined) throw new Error(`--${option}-header must be 'Name: value'.`);
    headers.append(name, value);
  }
  return headers;
}

function amount(option: string, given: string): number {
  const number = Number(given);
  if (given !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${option} must be a number, not negative (given "${given}").`);
}

function described(result: Result): string {
  const first = `${result.status.padEnd(8)}${result.step.padEnd(12)}${result.detail}`;
  if (result.status !== 'problem') return first;
  return [first, `${' '.repeat(20)}likely: ${result.cause}`, `${' '.repeat(20)}do:     ${result.fix}`].join('\n');
}
