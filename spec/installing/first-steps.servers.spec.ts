import { exec } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { documentAt, root, textBelow } from '../documents/documents.js';

// Why a shell: a reader types the commands into one.
const run = promisify(exec);

const readme = documentAt('README.md');

/** What a section of the README tells a reader to do: commands, a program, and what it prints. */
interface FirstSteps {
  readonly commands: readonly string[];
  readonly file: string;
  readonly program: string;
  readonly output: string;
}

function firstStepsOf(heading: string): FirstSteps {
  const found = readme.headings.find(({ text }) => text === heading);
  if (found === undefined) throw new Error(`README.md has no heading "${heading}"`);
  const section = textBelow(readme, found);
  const [, language = '', file = '', program = ''] = /^```(\w+)\n\/\/ (\S+)\n([\s\S]*?)^```$/m.exec(section) ?? [];
  expect(['ts', 'js']).to.include(language);
  // Why only what stands before the program: the code itself is indented too.
  const commands = section
    .slice(0, section.indexOf('```'))
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => line.trim());
  const [, block, inline] = /It prints(?:\n\n```\n([\s\S]*?)^```$| `([^`]+)`)/m.exec(section) ?? [];
  return { commands, file, program, output: (block ?? `${inline}`).trim() };
}

describe('The first steps of the README, in an empty folder', function () {
  this.timeout(240_000);
  let folder: string;
  let tarball: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'first-steps-'));
    // Why without scripts: they would build again, under the feet of the other specs.
    const { stdout } = await run(`npm pack --json --ignore-scripts --pack-destination "${folder}"`, { cwd: root });
    tarball = join(folder, JSON.parse(stdout)[0].filename);
  });

  after(() => rmSync(folder, { recursive: true }));

  /** Types the commands as they are printed; gives what the last one prints. */
  async function follow(name: string, { commands, file, program }: FirstSteps): Promise<string> {
    const project = join(folder, name);
    mkdirSync(project);
    writeFileSync(join(project, file), program);
    // Why these variables: the specs share a machine and a registry. No reader needs them.
    const shared = {
      FLOWPLANE_METRICS_PORT: '0',
      npm_config_prefer_offline: 'true',
      npm_config_ignore_scripts: 'true',
    };
    let printed = '';
    for (const command of commands) {
      const typed = command.replace(/(?<=^npm install )flowplane-metrics\b/, `"${tarball}"`);
      const { stdout, stderr } = await run(typed, { cwd: project, env: { ...process.env, ...shared } });
      // Why not of npm: its warnings are about packages of others.
      if (!command.startsWith('npm ')) expect(stderr, command).to.equal('');
      printed = stdout;
    }
    return printed.trim();
  }

  it('print the numbers of the first example, written in TypeScript for Inversify and Koa', async () => {
    const steps = firstStepsOf('First example');
    expect(steps.commands[0]).to.equal('npm init -y');
    expect(steps.commands).to.include('npm install flowplane-metrics inversify reflect-metadata koa @koa/router');
    expect(steps.output.split('\n')).to.have.length(2);
    expect(await follow('first', steps)).to.equal(steps.output);
  });

  it('print the number of the program in plain JavaScript, without a compiler', async () => {
    const steps = firstStepsOf('Without a container');
    expect(steps.commands).to.deep.equal(['npm init -y', 'npm install flowplane-metrics', 'node plain.mjs']);
    expect(steps.output).to.equal('greetings_total{name="Ada"} 1');
    expect(await follow('plain', steps)).to.equal(steps.output);
  });
});
