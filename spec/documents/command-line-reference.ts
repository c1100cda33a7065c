import { faultKinds } from '../../lib/check/faults.js';
import { runAll } from '../golden/program.js';

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\`\n`;

/** The page of the command, made from what it prints. */
export async function commandLineReference(): Promise<string> {
  const runs = await runAll([
    ['--help'],
    ['doctor', '--help'],
    ['catalogue', '--help'],
    ['check', '--help'],
    ['dashboard', '--help'],
  ]);
  const [usage = '', doctor = '', catalogue = '', check = '', dashboard = ''] = runs.map(({ out }) =>
    block(out.trimEnd()),
  );
  return `# Command line

After this page you can call every command of \`npx flowplane-metrics\`.

<!-- Written by "npm run docs" from what the command prints. Change it there. -->
The exit code is 0 for success, 1 where a check fails, and 2 for wrong arguments.

${usage}
## doctor

Run it where numbers do not arrive; [Troubleshooting](../guides/troubleshooting.md) explains the steps.

${doctor}
## catalogue

Run it to review what a module measures; [Labels and cardinality](../guides/labels-and-cardinality.md#review-the-cost-before-it-ships) shows what it prints.

${catalogue}
## check

Run it before a change is merged; [Checking rules and dashboards](../guides/checking-rules.md) shows how.

${check}
### What it finds

| kind | severity | what is wrong |
|---|---|---|
${listFaultKinds()}
An error is about what the code declares; the same about metrics of others is a remark, but for \`syntax\` and \`unknown-name\`.
\`counter-compared\` is about alerts; elsewhere the same is \`bare-counter\`.

## dashboard

Run it when declarations have changed; [A dashboard from declarations](../guides/dashboard.md) says what it shows.

${dashboard.trimEnd()}
`;
}

const listFaultKinds = (): string =>
  Object.entries(faultKinds)
    .map(([kind, { severity, summary }]) => `| \`${kind}\` | ${severity} | ${summary} |\n`)
    .join('');
