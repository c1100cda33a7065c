import { checkDashboardOptions, createDashboard, type DashboardOptions } from '../../dashboard/create-dashboard.js';
import { isMetricName } from '../../families/naming.js';
import { describeNothingDeclared, listDeclared } from '../catalogue/list-declared.js';
import type { Command } from '../command.js';
import { parseOptions } from '../parse-options.js';
import { parseTimeout } from '../parse-values.js';
import { withProgress } from '../progress.js';
import { writeOut } from '../write-out.js';

const noPanel =
  'no panel, because how Prometheus stores such a name depends on its version. Draw it in a row of your own, by createDashboard().';

const usage = 'dashboard <module>… [--title <title>] [--datasource <uid>] [--out <file>] [--help]';

/** Writes a dashboard for Grafana of what modules declare. */
export const dashboardCommand: Command = {
  usage,
  summary: 'Writes a dashboard for Grafana of what JavaScript modules declare.',
  help: `Usage: flowplane-metrics ${usage}

Loads JavaScript modules in a process of their own, and writes a dashboard for Grafana in JSON: a row for each class that
feeds metrics and for each objective, and rows for HTTP requests, the process and this library. Give the modules that declare,
not the one that starts the service. It needs the package @grafana/grafana-foundation-sdk.

  --title TITLE             the title, of which the address of the dashboard is made (default: Service metrics)
  --datasource UID          the identifier of the data source (default: a variable, from which the reader chooses)
  --prefix PREFIX           the option "prefix" of the recorder (default: none)
  --requests NAMES          the option "names" of httpMetrics: opentelemetry or express-prom-bundle; none for no row of
                            requests (default: opentelemetry)
  --refresh TIME            how often the dashboard asks again (default: 30s)
  --out FILE                write into FILE instead of standard output
  --timeout SECONDS         how long the modules may take to load (default: 60)

Exit code: 0 for success, 2 where the options are wrong, a module cannot be loaded, or nothing is declared.`,
  async run(args, output) {
    const text = { type: 'string' } as const;
    const { values, positionals } = parseOptions(args, {
      title: text,
      datasource: text,
      prefix: text,
      requests: text,
      refresh: text,
      out: text,
      timeout: { type: 'string', default: '60' },
    });
    if (positionals.length === 0) {
      throw new Error(`a module is missing (given none). Call: flowplane-metrics ${usage}.`);
    }
    const { out, timeout, ...options } = values;
    // Why first: modules take their time to load.
    checkDashboardOptions(options);
    const { entries } = await listDeclared(positionals, parseTimeout(timeout));
    if (entries.length === 0) throw new Error(describeNothingDeclared(positionals));
    const dashboard = await withProgress('writes the dashboard', () =>
      createDashboard(entries, options as DashboardOptions),
    );
    const quoted = entries.map(({ name }) => name).filter((name) => !isMetricName(name));
    if (quoted.length > 0) output.err(`dashboard: ${quoted.join(', ')}: ${noPanel}\n`);
    await writeOut(out, `${JSON.stringify(dashboard, null, 2)}\n`, output);
    return 0;
  },
};
