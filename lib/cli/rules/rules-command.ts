import { libraryRules } from '../../alerting/library-rules.js';
import { createObjectiveGroup } from '../../alerting/objective-rules.js';
import type { RuleGroup } from '../../alerting/rule-group.js';
import { formatCountOf } from '../../error.js';
import { loadYaml } from '../../server/config/yaml-tree.js';
import { listDeclared } from '../catalogue/list-declared.js';
import type { Command } from '../command.js';
import { parseOptions } from '../parse-options.js';
import { parsePrefix, parseTimeout } from '../parse-values.js';
import { writeOut } from '../write-out.js';

const usage = 'rules [<module>…] [--library] [--prefix <prefix>] [--out <file>] [--timeout <seconds>] [--help]';

/** Writes a rule file for Prometheus: of the objectives that modules declare, and of the library itself. */
export const rulesCommand: Command = {
  usage,
  summary: 'Writes alerts and recording rules for Prometheus, of the objectives that JavaScript modules declare.',
  help: `Usage: flowplane-metrics ${usage}

Loads JavaScript modules in a process of their own, and writes a rule file for Prometheus: for each metric with an
"objective", the ratio of errors over several windows, what is left of the error budget, and alerts where it is spent too
fast. Give the modules that declare, not the one that starts the service. It needs the package yaml.

  --library                 write alerts on the library itself too; then no module is needed
  --prefix PREFIX           the option "prefix" of the recorder (default: none)
  --out FILE                write into FILE instead of standard output
  --timeout SECONDS         how long the modules may take to load (default: 60)

Exit code: 0 for success, 2 where the options are wrong, a module cannot be loaded, or no metric has an objective.`,
  async run(args, output) {
    const { values, positionals } = parseOptions(args, {
      library: { type: 'boolean', default: false },
      prefix: { type: 'string', default: '' },
      out: { type: 'string' },
      timeout: { type: 'string', default: '60' },
    });
    if (positionals.length === 0 && !values.library) {
      throw new Error(`a module is missing (given none, and no --library). Call: flowplane-metrics ${usage}.`);
    }
    const ofModules = await listGroups(positionals, parsePrefix(values.prefix), parseTimeout(values.timeout));
    const quoted = ofModules.filter(isQuoted).map(({ name }) => name);
    if (quoted.length > 0) output.err(`rules: ${quoted.join(', ')}: ${onlyInVersion3}\n`);
    const text = await formatRules(values.library ? [...ofModules, libraryRules] : ofModules);
    await writeOut(values.out, text, output);
    return 0;
  },
};

const onlyInVersion3 =
  'only Prometheus 3 loads these, because a name or a label has characters such as dots. Prometheus 2 refuses the whole file: write them into one of their own.';

/** The values of matchers: what is in quotation marks besides is a name, which Prometheus 2 does not read. */
const values = /[=~]"(?:\\.|[^"\\])*"/g;

const isQuoted = ({ rules }: RuleGroup): boolean => rules.some(({ expr }) => expr.replace(values, '').includes('"'));

async function listGroups(modules: readonly string[], prefix: string, timeout: number): Promise<RuleGroup[]> {
  if (modules.length === 0) return [];
  const { entries } = await listDeclared(modules, timeout);
  const groups = entries.flatMap((entry) => createObjectiveGroup(entry, prefix) ?? []);
  if (groups.length > 0) return groups;
  throw new Error(
    `no metric has an objective (given ${formatCountOf(entries.length, 'metric')} in ${modules.join(', ')}). Declare one, for example objective: { ratio: 0.999, errors: { outcome: 'error' } } on a counter.`,
  );
}

/** Every expression in its own lines, as it is. */
const layout = { lineWidth: 0, blockQuote: 'literal' };

const heading = '# Written by: npx flowplane-metrics rules. Change the declarations, and write it again.\n';

async function formatRules(groups: readonly RuleGroup[]): Promise<string> {
  const { stringify } = await loadYaml('rules', 'to write rules');
  return heading + stringify({ groups }, layout);
}
