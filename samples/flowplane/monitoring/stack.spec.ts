import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPorts, stackPrograms } from './stack-programs.js';
import { StackProcess } from './testing/stack-process.js';

describe('The stack', function () {
  this.timeout(120_000);

  it('has Prometheus on port 9091 and Grafana on port 3000 by default', () => {
    expect(readPorts({})).to.deep.equal({ api: '8080', metrics: '9090', prometheus: '9091', grafana: '3000' });
    const [, prometheus, grafana] = stackPrograms(readPorts({}), '/tmp');
    expect(prometheus?.command).to.include('--web.listen-address=127.0.0.1:9091');
    expect(grafana?.environment).to.deep.include({
      GF_SERVER_HTTP_PORT: '3000',
      PROMETHEUS_URL: 'http://127.0.0.1:9091',
    });
  });

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
