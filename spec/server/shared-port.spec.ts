import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { freePort } from '../free-port.js';
import { programs } from '../programs.js';

interface Told {
  readonly port: number;
  readonly advice: readonly { readonly code: string; readonly message: string }[];
}

/** What each of two workers of a cluster is told. The second one starts once the first one has looked who answers. */
async function toldWorkers(port: string): Promise<Told[]> {
  const script = `
    import cluster from 'node:cluster';
    import { subscribe } from 'node:diagnostics_channel';
    import { PrometheusRecorder } from 'flowplane-metrics';
    import { MetricsServer } from 'flowplane-metrics/serve';
    if (cluster.isPrimary) {
      const told = [];
      cluster.on('message', (worker, message) => {
        told.push(message);
        if (told.length === 1) return cluster.fork();
        console.log(JSON.stringify(told));
        for (const one of Object.values(cluster.workers)) one.kill();
      });
      cluster.fork();
    } else {
      const advice = [];
      let port;
      let answers = 0;
      const tell = () => process.send({ port, advice });
      // Four answers are all that it asks for.
      subscribe('http.client.response.finish', () => ++answers === 4 && setImmediate(tell));
      const onAdvice = (one) => { advice.push(one); if (answers < 4) tell(); };
      const server = new MetricsServer(new PrometheusRecorder(), { port: ${port}, keepAlive: true, onAdvice });
      ({ port } = await server.listen());
    }`;
  // Why a file: a cluster starts its workers by the file of the program.
  const folder = mkdtempSync(join(programs, 'cluster-'));
  writeFileSync(join(folder, 'program.mjs'), script);
  const child = spawn(process.execPath, [join(folder, 'program.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    await ended;
    return JSON.parse(line);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

describe('A metrics server in a worker of a cluster', () => {
  it('advises once, with the way out, where another worker listens on the same port', async () => {
    const [first, second] = await toldWorkers(String(await freePort()));
    expect(first?.advice).to.deep.equal([]);
    expect(second?.port).to.equal(first?.port);
    expect(second?.advice.map(({ code }) => code)).to.deep.equal(['shared_port']);
    expect(second?.advice[0]?.message).to.equal(
      `MetricsServer: port ${first?.port} is shared with other workers of this cluster (given worker 2), so each scrape reads the numbers of only one of them. Set cluster: true in the primary and in all workers, so that the primary serves the numbers of all of them.`,
    );
  });

  it('gives no advice where each worker has a port of its own', async () => {
    const ports = [await freePort(), await freePort()];
    const told = await toldWorkers(`${JSON.stringify(ports)}[cluster.worker.id - 1]`);
    expect(told).to.deep.equal(ports.map((port) => ({ port, advice: [] })));
  });

  it('listens on any free port of its own with port 0', async () => {
    const [first, second] = await toldWorkers('0');
    expect([first?.advice, second?.advice]).to.deep.equal([[], []]);
    expect(first?.port).not.to.equal(second?.port);
  });
});
