import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const proxy = fileURLToPath(new URL('proxy.js', import.meta.url));

describe('proxy.js', () => {
  const wrong: [title: string, args: string[]][] = [
    ['no arguments', []],
    ['too few', ['127.0.0.1:18000', 'payments']],
    ['an unknown type', ['127.0.0.1:18000', 'payments', 'demo-payments', 'secret']],
  ];
  for (const [title, args] of wrong) {
    it(`prints its usage with ${title}`, () => {
      const { status, stderr } = spawnSync(process.execPath, [proxy, ...args], { encoding: 'utf8' });
      expect(stderr).to.equal('Usage: node proxy.js <host:port> <team> <token> [cluster|route|listener]\n');
      expect(status).to.equal(1);
    });
  }
});
