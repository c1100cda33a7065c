import { checkExpressions } from '../../check/check-expressions.js';
import { loadGrammar } from '../../check/promql/grammar.js';
import { parseDuration } from '../../promql/duration.js';
import type { Command } from '../command.js';
import { parseOptions } from '../parse-options.js';
import { isUrl, parseHeaders, parseLabelName, parsePrefix, parseTimeout, parseUrl } from '../parse-values.js';
import { withProgress } from '../progress.js';
import { formatFindings, formatJson } from './format-findings.js';
import { type KnownSources, learnNames } from './known-sources.js';
import { readSources, type SourcePattern } from './read-sources.js';
import { formatSarif } from './sarif.js';

const usage = 'check <module>… [--rules <glob>] [--dashboards <glob>] [--json | --sarif] [--help]';

const help = `Usage: flowplane-metrics ${usage}

Checks each expression of rules, alerts and dashboards against what the modules declare: names, labels, label values, and
what each function is for. Loads the modules as "catalogue" does. Needs the packages @prometheus-io/lezer-promql,
@lezer/lr and @lezer/highlight, and for YAML the package yaml.

  --rules GLOB              rule files, PrometheusRule resources, alerts of Grafana; may be repeated
  --dashboards GLOB         dashboards and library panels of Grafana, in JSON; may be repeated
  --catalogue FILE          what "catalogue --json" has printed, instead of modules; may be repeated
  --metrics URL             the endpoint of the service, for what its modules do not declare
  --metrics-header 'N: V'   a header for the endpoint, such as Authorization; may be repeated
  --external FILE           the metrics of others: an exposition, one name a line (* for any part), an answer of
                            /api/v1/metadata, or the URL of a Prometheus; may be repeated
  --prefix TEXT             the prefix of the recorder (default: none)
  --target-label NAME       a label that Prometheus adds to each series, beside job, instance and the usual ones of
                            Kubernetes; may be repeated
  --scrape-interval TIME    the time between two scrapes, for example 30s (default: 15s)
  --timeout SECONDS         how long the modules may take to load (default: 60)
  --json                    print {"ok": …, "checked": {…}, "findings": [{"kind", "severity", "file", "line", …}]}
  --sarif                   print SARIF 2.1.0

Exit code: 0 where there is no error, 1 where there is one, 2 where something cannot be read. Remarks are no errors.`;

/** Checks rules, alerts and dashboards against what the code declares. */
export const checkCommand: Command = {
  usage,
  summary: 'Checks the expressions of rules, alerts and dashboards against what JavaScript modules declare.',
  help,
  async run(args, output) {
    const { sources, patterns, scrapeSeconds, format } = readOptions(args);
    const names = await learnNames(sources);
    const { files, expressions } = await withProgress('reads the files', () => readSources(patterns));
    const grammar = await loadGrammar();
    const findings = await withProgress('checks the expressions', () =>
      checkExpressions(expressions, { names, grammar, scrapeSeconds }),
    );
    output.out(format(findings, { files, expressions: expressions.length }));
    return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};

function readOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  const { values, positionals } = parseOptions(args, {
    rules: texts,
    dashboards: texts,
    catalogue: texts,
    metrics: text,
    'metrics-header': texts,
    external: texts,
    prefix: text,
    'target-label': texts,
    'scrape-interval': text,
    timeout: text,
    json: { type: 'boolean' },
    sarif: { type: 'boolean' },
  });
  const patterns: SourcePattern[] = [
    ...(values.rules ?? []).map((pattern) => ({ pattern, ending: 'yml' }) as const),
    ...(values.dashboards ?? []).map((pattern) => ({ pattern, ending: 'json' }) as const),
  ];
  refuseExpanded(positionals);
  if (positionals.length === 0 && values.catalogue === undefined && values.metrics === undefined) {
    throw new Error(`a module is missing (given none). Call: flowplane-metrics ${usage}.`);
  }
  if (patterns.length === 0) {
    throw new Error(
      "nothing is to be checked (given neither --rules nor --dashboards). Write for example --rules 'rules/**/*.yml'.",
    );
  }
  if (values.json && values.sarif)
    throw new Error('one of --json and --sarif may be given (given both). Leave one out.');
  if (values['metrics-header'] !== undefined && values.metrics === undefined) {
    throw new Error(
      '--metrics-header needs --metrics (given none). Write the URL of the endpoint, or leave the header out.',
    );
  }
  const sources: KnownSources = {
    modules: positionals,
    timeoutSeconds: parseTimeout(values.timeout ?? '60'),
    catalogues: values.catalogue ?? [],
    metrics: values.metrics === undefined ? undefined : parseUrl('metrics', values.metrics),
    headers: parseHeaders('metrics', values['metrics-header'] ?? []),
    external: (values.external ?? []).map(parseExternal),
    prefix: parsePrefix(values.prefix ?? ''),
    targetLabels: (values['target-label'] ?? []).map((label) => parseLabelName('target-label', label)),
  };
  return {
    sources,
    patterns,
    scrapeSeconds: parseInterval(values['scrape-interval'] ?? '15s'),
    format: values.json ? formatJson : values.sarif ? formatSarif : formatFindings,
  };
}

/** A file, or the URL of a Prometheus. */
const parseExternal = (given: string): string =>
  isUrl(given) ? parseUrl('external', given, 'Write what it answers into a file, and give that') : given;

/** Why: a shell puts the files in the place of a pattern that has no quotation marks, and they would be taken for modules. */
function refuseExpanded(modules: readonly string[]): void {
  const found = modules.find((module) => /\.(?:ya?ml|json)$/.test(module));
  if (found === undefined) return;
  throw new Error(`a module must be JavaScript (given ${found}). Put quotation marks around a pattern.`);
}

function parseInterval(given: string): number {
  const seconds = parseDuration(given);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new Error(
    `--scrape-interval must be a duration above 0, such as 30s (given "${given}"). Leave it out for 15s.`,
  );
}
