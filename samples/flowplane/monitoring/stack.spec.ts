import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { needs } from '../../../spec/needs.js';
import { until } from '../until.js';
import { StackProcess } from './stack-process.js';

/** A double of Grafana: a program of its name that answers the health check, and says how it was started. */
const grafanaDouble = `#!${process.execPath}
const { GF_SERVER_HTTP_PORT: port, PROMETHEUS_URL: prometheus, GF_PATHS_PROVISIONING: provisioning } = process.env;
const said = JSON.stringify({ argv: process.argv.slice(2), prometheus, provisioning });
require('node:http').createServer((request, response) => response.end(said)).listen(port, '127.0.0.1');
`;

describe('npm run stack', function () {
  this.timeout(90_000);
  let folder: string;
  let stack: StackProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'path-'));
  });

  afterEach(async () => {
    await stack?.stop();
    rmSync(folder, { recursive: true });
  });

  const silent = async (url: string): Promise<string> =>
    fetch(url).then(
      () => `${url} answers`,
      (error: Error) => error.message,
    );

  it('starts every part, has Prometheus scrape and its rules healthy, and stops all of it on Ctrl-C', async function () {
    needs(this, 'prometheus');
    writeFileSync(join(folder, 'grafana'), grafanaDouble);
    chmodSync(join(folder, 'grafana'), 0o755);
    stack = await StackProcess.start(`${folder}:${process.env['PATH']}`);
    expect(await stack.running()).to.equal(true);
    const prometheus = stack.url('prometheus');
    const ask = async (path: string) => (await fetch(prometheus + path, { headers: { connection: 'close' } })).json();
    type Answer = { data: { result: { value: [number, string] }[]; groups: { rules: { health: string }[] }[] } };
    const up = async () => ((await ask('/api/v1/query?query=up')) as Answer).data.result[0]?.value[1];
    expect(await until(up, '1')).to.equal('1');
    const healths = async () => {
      const { groups } = ((await ask('/api/v1/rules')) as Answer).data;
      return [...new Set(groups.flatMap(({ rules }) => rules.map(({ health }) => health)))].join();
    };
    expect(await until(healths, 'ok')).to.equal('ok');
    const grafana = (await (await fetch(stack.url('grafana'))).json()) as { provisioning: string };
    expect(grafana).to.deep.include({ argv: ['server', '--homepath=/usr/share/grafana'], prometheus });
    expect(grafana.provisioning).to.match(/monitoring.grafana.provisioning$/);
    await stack.stop();
    expect(await stack.exit).to.deep.equal([0, null]);
    for (const part of ['prometheus', 'api', 'grafana'] as const) {
      expect(await silent(stack.url(part))).to.equal('fetch failed');
    }
  });

  it('says how to install Prometheus where there is none, and stops what it started', async () => {
    stack = await StackProcess.start(folder);
    expect(await stack.exit).to.deep.equal([1, null]);
    expect(await stack.errors).to.match(
      /^Prometheus cannot be started \(spawn prometheus ENOENT\)\. Install it: apt-get/m,
    );
    expect(await silent(stack.url('api'))).to.equal('fetch failed');
  });
});
