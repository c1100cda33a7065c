import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { needs } from '../../../spec/needs.js';
import { freePorts } from '../free-ports.js';
import { until } from '../until.js';

const stack = fileURLToPath(new URL('stack.js', import.meta.url));

/** A double of Grafana: a program of its name that answers the health check, and says where it was sent. */
const grafanaDouble = `#!${process.execPath}
require('node:http').createServer((request, response) => response.end(JSON.stringify({ path: request.url, argv: process.argv.slice(2),
  prometheus: process.env.PROMETHEUS_URL, dashboards: process.env.FLOWPLANE_DASHBOARDS }))).listen(process.env.GF_SERVER_HTTP_PORT, '127.0.0.1');
`;

describe('npm run stack', function () {
  this.timeout(90_000);
  let folder: string;
  let environment: Record<string, string>;
  let started: ChildProcess | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'path-'));
    const [api = '', xds = '', metrics = '', prometheus = '', grafana = ''] = await freePorts(5);
    environment = {
      ...(process.env as Record<string, string>),
      FLOWPLANE_API_PORT: api,
      FLOWPLANE_XDS_PORT: xds,
      FLOWPLANE_METRICS_PORT: metrics,
      FLOWPLANE_PROMETHEUS_PORT: prometheus,
      FLOWPLANE_GRAFANA_PORT: grafana,
    };
  });

  afterEach(async () => {
    if (started?.exitCode === null) {
      started.kill('SIGINT');
      await once(started, 'exit');
    }
    rmSync(folder, { recursive: true });
  });

  function start(path: string): { said(): string; exit: Promise<[number]>; errors: Promise<string> } {
    const child = spawn(process.execPath, [stack], { env: { ...environment, PATH: path } });
    started = child;
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    return { said: () => output, exit: once(child, 'exit') as Promise<[number]>, errors: text(child.stderr) };
  }

  it('starts every part, has Prometheus scrape and its rules healthy, and stops all of it on Ctrl-C', async function () {
    needs(this, 'prometheus');
    writeFileSync(join(folder, 'grafana'), grafanaDouble);
    chmodSync(join(folder, 'grafana'), 0o755);
    const { said, exit } = start(`${folder}:${environment['PATH']}`);
    expect(await until(() => said().includes('Ctrl-C'), true)).to.equal(true);
    const prometheus = `http://127.0.0.1:${environment['FLOWPLANE_PROMETHEUS_PORT']}`;
    const ask = async (path: string) => (await fetch(prometheus + path, { headers: { connection: 'close' } })).json();
    type Answer = { data: { result: { value: [number, string] }[]; groups: { rules: { health: string }[] }[] } };
    const up = async () => ((await ask('/api/v1/query?query=up')) as Answer).data.result[0]?.value[1];
    expect(await until(up, '1')).to.equal('1');
    const healths = async () => {
      const { groups } = ((await ask('/api/v1/rules')) as Answer).data;
      return [...new Set(groups.flatMap(({ rules }) => rules.map(({ health }) => health)))].join();
    };
    expect(await until(healths, 'ok')).to.equal('ok');
    const grafana = await fetch(`http://127.0.0.1:${environment['FLOWPLANE_GRAFANA_PORT']}/`);
    expect(await grafana.json()).to.deep.include({ argv: ['server', '--homepath=/usr/share/grafana'], prometheus });
    started?.kill('SIGINT');
    expect(await exit).to.deep.equal([0, null]);
    for (const url of [prometheus, `http://127.0.0.1:${environment['FLOWPLANE_API_PORT']}`]) {
      expect(await fetch(url).catch((error: Error) => error.message)).to.equal('fetch failed');
    }
  });

  it('says how to install Prometheus where there is none, and stops what it started', async () => {
    const { exit, errors } = start(folder);
    expect(await exit).to.deep.equal([1, null]);
    expect(await errors).to.match(/^Prometheus cannot be started \(spawn prometheus ENOENT\)\. Install it: apt-get/m);
    const api = `http://127.0.0.1:${environment['FLOWPLANE_API_PORT']}`;
    expect(await fetch(api).catch((error: Error) => error.message)).to.equal('fetch failed');
  });
});
