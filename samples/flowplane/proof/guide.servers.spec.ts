import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { readUntil } from '../control-plane/testing/read-until.js';
import { sampleFolder } from '../monitoring/paths.js';
import { StackProcess } from '../monitoring/testing/stack-process.js';
import { needs } from './needs.js';

const guide = readFileSync(join(sampleFolder, 'README.md'), 'utf8');

const root = join(sampleFolder, '../..');
const bin: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin['flowplane-metrics'];

/** The commands of the README, each with the output below it. */
const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```\n```text\n([\s\S]*?)```/g)].map(
  ([, commands = '', output = '']) => ({ commands, output }),
);

describe('The README of the sample', function () {
  this.timeout(120_000);
  let stack: StackProcess;

  before(async function () {
    needs(this, 'prometheus');
    stack = await StackProcess.start();
    expect(await stack.isRunning()).to.equal(true);
  });

  after(() => stack?.stop());

  /** Replaces the ports of the README by the ports of this spec. */
  function withPorts(text: string): string {
    const { api, xds, metrics, prometheus } = stack.ports;
    const ports: Readonly<Record<string, string>> = { 8080: api, 18000: xds, 9090: metrics, 9091: prometheus };
    return text.replace(/127\.0\.0\.1:(\d+)/g, (_, port: string) => `127.0.0.1:${ports[port]}`);
  }

  // Why not npx: in the package's own folder it installs the package into npm's cache first, which can need the registry.
  const withProgram = (text: string): string => text.replace(/^npx flowplane-metrics/gm, `node ${join(root, bin)}`);

  async function run(commands: string): Promise<string> {
    const options = { cwd: root };
    const { stdout, stderr } = await promisify(execFile)(
      'bash',
      ['-c', withProgram(withPorts(commands))],
      options,
    ).catch((error) => error);
    // Why: a command that prints nothing has failed, and its standard error says of what.
    return (stdout || stderr).replace(/\n?$/, '\n');
  }

  /** Compares an output with the README, in which `…` stands for any text. */
  const matches = (actual: string, expected: string): boolean => {
    const parts = withPorts(expected)
      .split('…')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(actual);
  };

  for (const { commands, output } of blocks) {
    it(`shows the real output of: ${commands.split('\n')[0]}`, async () => {
      let actual = '';
      const runAndCompare = async (): Promise<boolean> => {
        actual = await run(commands);
        return matches(actual, output);
      };
      // Why these are repeated: Prometheus has a value only after its next scrape. Other commands may run only once.
      if (/promtool query|doctor/.test(commands)) await readUntil(runAndCompare, true);
      else await runAndCompare();
      if (!matches(actual, output)) expect(actual).to.equal(withPorts(output));
    });
  }
});
