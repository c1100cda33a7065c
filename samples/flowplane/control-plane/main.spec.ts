import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const main = fileURLToPath(new URL('main.js', import.meta.url));

function start(environment: Record<string, string> = {}): ChildProcess {
  const ports = { FLOWPLANE_API_PORT: '0', FLOWPLANE_XDS_PORT: '0', FLOWPLANE_METRICS_PORT: '0' };
  // Why with the flag: to optimize the code of the database takes a second.
  return spawn(process.execPath, ['--liftoff-only', main], { env: { ...process.env, ...ports, ...environment } });
}

/** Reads a stream until a line matches. */
async function readLinesUntil(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    lines.push(line);
    if (pattern.test(line)) break;
  }
  return lines.join('\n');
}

describe('npm start', function () {
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'flowplane-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('prints its URLs, exposes metrics of the demo traffic, and exits cleanly on Ctrl-C', async () => {
    const running = start({ FLOWPLANE_DATABASE: folder });
    const output = await readLinesUntil(running.stdout as NodeJS.ReadableStream, /Ctrl-C/);
    const metricsUrl = /Metrics +(http:\S+)/.exec(output)?.[1] ?? '';
    const apiUrl = /API +(http:\S+)/.exec(output)?.[1] ?? '';
    expect(output).to.contain(`curl -X POST ${apiUrl}/api/v1/teams/payments/clusters`);
    let metrics = '';
    while (!/^xds_team_resources_total\{.*\} \d+$/m.test(metrics)) {
      metrics = await (await fetch(metricsUrl, { headers: { connection: 'close' } })).text();
    }
    running.kill('SIGINT');
    expect(await once(running, 'exit')).to.deep.equal([0, null]);
    for (const url of [apiUrl, metricsUrl]) {
      expect(await fetch(url).catch((error: Error) => error.message)).to.equal('fetch failed');
    }
  });

  it('reports a database folder that it cannot use, and exits at once', async () => {
    const running = start({ FLOWPLANE_DATABASE: main, FLOWPLANE_DRAIN_SECONDS: '3600' });
    const [output, [code]] = await Promise.all([
      readLinesUntil(running.stderr as NodeJS.ReadableStream, /FLOWPLANE_DATABASE/),
      once(running, 'exit'),
    ]);
    expect(output).to.match(/^The database cannot use ".*main\.js" \(.+\)\. Set FLOWPLANE_DATABASE to a folder/m);
    expect(output).to.not.contain('undefined');
    expect(code).to.equal(1);
  });
});
