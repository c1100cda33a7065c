import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readUntil } from '../control-plane/testing/read-until.js';
import { StackProcess } from '../monitoring/testing/stack-process.js';
import { needs } from './needs.js';

/** A program in the place of Grafana: it answers the health check with the way it was started. */
const grafanaDouble = `#!${process.execPath}
const { GF_SERVER_HTTP_PORT: port, PROMETHEUS_URL: prometheus, GF_PATHS_PROVISIONING: provisioning } = process.env;
const started = JSON.stringify({ argv: process.argv.slice(2), prometheus, provisioning });
require('node:http').createServer((request, response) => response.end(started)).listen(port, '127.0.0.1');
`;

interface Answer {
  readonly data: {
    readonly result: readonly { readonly value: readonly [number, string] }[];
    readonly groups: readonly { readonly rules: readonly { readonly health: string }[] }[];
  };
}

describe('npm run stack', function () {
  this.timeout(120_000);
  let folder: string;
  let stack: StackProcess | undefined;

  before(async function () {
    needs(this, 'prometheus');
    folder = mkdtempSync(join(tmpdir(), 'path-'));
    writeFileSync(join(folder, 'grafana'), grafanaDouble);
    chmodSync(join(folder, 'grafana'), 0o755);
    stack = await StackProcess.start(`${folder}:${process.env['PATH']}`);
    expect(await stack.isRunning()).to.equal(true);
  });

  after(async () => {
    await stack?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const url = (program: 'prometheus' | 'api' | 'grafana') => (stack as StackProcess).url(program);

  async function askPrometheus(path: string): Promise<Answer> {
    const response = await fetch(url('prometheus') + path, { headers: { connection: 'close' } });
    return (await response.json()) as Answer;
  }

  it('has Prometheus scrape the exporter, and every rule healthy', async () => {
    const up = async () => (await askPrometheus('/api/v1/query?query=up')).data.result[0]?.value[1];
    expect(await readUntil(up, '1')).to.equal('1');
    const healths = async () => {
      const { groups } = (await askPrometheus('/api/v1/rules')).data;
      return [...new Set(groups.flatMap(({ rules }) => rules.map(({ health }) => health)))].join();
    };
    expect(await readUntil(healths, 'ok')).to.equal('ok');
  });

  it('starts Grafana with the provisioning and the address of Prometheus', async () => {
    const grafana = (await (await fetch(url('grafana'))).json()) as { provisioning: string };
    expect(grafana).to.deep.include({
      argv: ['server', '--homepath=/usr/share/grafana'],
      prometheus: url('prometheus'),
    });
    expect(grafana.provisioning).to.match(/monitoring.grafana.provisioning$/);
  });

  it('stops every program on Ctrl-C', async () => {
    await stack?.stop();
    expect(await stack?.exit).to.deep.equal([0, null]);
    for (const program of ['prometheus', 'api', 'grafana'] as const) {
      const answer = await fetch(url(program)).catch((error: Error) => error.message);
      expect(answer).to.equal('fetch failed');
    }
  });
});

describe('npm run stack without Prometheus', function () {
  this.timeout(120_000);

  it('reports how to install Prometheus where it is missing, and stops what it started', async () => {
    const emptyFolder = mkdtempSync(join(tmpdir(), 'path-'));
    const stack = await StackProcess.start(emptyFolder);
    try {
      expect(await stack.exit).to.deep.equal([1, null]);
      expect(await stack.errors).to.match(
        /^Prometheus cannot be started \(spawn prometheus ENOENT\)\. Install it: apt-get/m,
      );
      const answer = await fetch(stack.url('api')).catch((error: Error) => error.message);
      expect(answer).to.equal('fetch failed');
    } finally {
      rmSync(emptyFolder, { recursive: true });
    }
  });
});
