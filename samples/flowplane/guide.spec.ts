import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { needs } from '../../spec/needs.js';
import { root } from './monitoring/files.js';
import { StackProcess } from './monitoring/stack-process.js';
import { until } from './until.js';

const guide = readFileSync(join(root, 'samples/flowplane/README.md'), 'utf8');

/** The commands of the guide, each with the answer below it. */
const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```\n```text\n([\s\S]*?)```/g)].map(
  ([, commands = '', answer = '']) => ({ commands, answer }),
);

describe('samples/flowplane/README.md', function () {
  this.timeout(90_000);
  let stack: StackProcess;

  before(async function () {
    needs(this, 'prometheus');
    stack = await StackProcess.start();
    expect(await stack.running()).to.equal(true);
  });

  after(() => stack?.stop());

  /** As the guide has it, with the ports of this spec. */
  function here(text: string): string {
    const { api, xds, metrics, prometheus } = stack.ports;
    const ports: Readonly<Record<string, string>> = { 8080: api, 18000: xds, 9090: metrics, 9091: prometheus };
    return text.replace(/127\.0\.0\.1:(\d+)/g, (_, port: string) => `127.0.0.1:${ports[port]}`);
  }

  async function answerTo(commands: string): Promise<string> {
    const { stdout } = await promisify(execFile)('bash', ['-c', here(commands)], { cwd: root }).catch((error) => error);
    return stdout.replace(/\n?$/, '\n');
  }

  /** `…` stands for what differs from time to time. */
  const fits = (answer: string, expected: string): boolean => {
    const parts = here(expected)
      .split('…')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(answer);
  };

  it('has an answer below every command', () => {
    expect(blocks).to.have.length(guide.split('```sh\n').length - 1);
  });

  for (const { commands, answer } of blocks) {
    it(commands.split('\n')[0] ?? '', async () => {
      let seen = '';
      const fitting = async (): Promise<boolean> => {
        seen = await answerTo(commands);
        return fits(seen, answer);
      };
      // Why not once: what Prometheus is asked for, it has after its next scrape. The other commands may not be repeated.
      if (/promtool query|doctor/.test(commands)) await until(fitting, true);
      else await fitting();
      if (!fits(seen, answer)) expect(seen).to.equal(here(answer));
    });
  }

  it('links to files that exist', () => {
    for (const [, target = ''] of guide.matchAll(/\]\(([^)#]+)\)/g)) {
      expect(() => readFileSync(join(root, 'samples/flowplane', target)), target).to.not.throw('ENOENT');
    }
    for (const [, file = ''] of guide.matchAll(/`([\w/-]+\.spec\.ts)`/g)) {
      const folder = file.startsWith('spec/') ? '' : 'samples/flowplane';
      expect(() => readFileSync(join(root, folder, file)), file).to.not.throw();
    }
  });
});
