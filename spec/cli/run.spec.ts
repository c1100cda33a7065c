import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Command } from '../../lib/cli/command.js';
import { UsageError } from '../../lib/cli/command.js';
import { run } from '../../lib/cli/run.js';

const main = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url));

const greet: Command = {
  summary: 'greets',
  usage: 'Usage: greet NAME',
  async run([name], { print }) {
    if (name === undefined) throw new UsageError('NAME is missing.');
    print(`hello ${name}`);
    return 3;
  },
};

async function ran(...args: string[]) {
  const [printed, complained]: [string[], string[]] = [[], []];
  const terminal = { print: (line: string) => printed.push(line), complain: (line: string) => complained.push(line) };
  return { code: await run({ greet }, args, terminal), printed: printed.join('\n'), complained: complained.join('\n') };
}

describe('flowplane-metrics', () => {
  it('runs the command that is named, and ends with its exit code', async () => {
    expect(await ran('greet', 'Ada')).to.deep.equal({ code: 3, printed: 'hello Ada', complained: '' });
  });

  it('lists the commands', async () => {
    for (const args of [[], ['--help'], ['-h']]) {
      expect(await ran(...args)).to.deep.include({ code: 0, complained: '' });
      expect((await ran(...args)).printed).to.contain('greet     greets');
    }
  });

  it('prints the usage of a command', async () => {
    expect(await ran('greet', '--help')).to.deep.equal({ code: 0, printed: 'Usage: greet NAME', complained: '' });
  });

  it('ends with 2, and says why, for what nobody takes', async () => {
    expect(await ran('sing')).to.deep.include({ code: 2, printed: '' });
    expect((await ran('constructor')).complained).to.contain('There is no command "constructor".');
    expect((await ran('greet')).complained).to.equal('NAME is missing.\nUsage: greet NAME');
  });

  it('is the program that the package installs', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--help']);
    expect(stdout).to.contain('doctor    finds where numbers stop');
  });
});
