import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './documents.js';

/** What the command prints for these arguments. */
const help = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [join(root, 'dist/lib/cli/main.js'), ...args], { encoding: 'utf8' }).trimEnd();

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\`\n`;

/** The page of the command, made from what it prints. */
export function commandLineReference(): string {
  return `# Command line

After this page you can call every command of \`npx flowplane-metrics\`.

<!-- Written by "npm run docs" from what the command prints. Change it there. -->
The exit code is 0 for success, 1 where a check fails, and 2 for wrong arguments.

${block(help('--help'))}
## doctor

Run it where numbers do not arrive; [Troubleshooting](../guides/troubleshooting.md) explains the steps.

${block(help('doctor', '--help'))}
## catalogue

Run it to review what a module measures; [Labels and cardinality](../guides/labels-and-cardinality.md#review-the-cost-before-it-ships) shows what it prints.

${block(help('catalogue', '--help'))}`;
}
