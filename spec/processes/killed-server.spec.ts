import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { freePort } from '../free-port.js';
import { Program } from './program.js';
import { scrapedFrom, scrapedUntil } from './scraped-until.js';
import { ageOfLoss, readWritten } from './written.js';

/** Counts a hundred times a second, and writes down in a file when it has counted how much. */
const program = `
  import { openSync, writeSync } from 'node:fs';
  import { createInterface } from 'node:readline';
  import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
  import { MetricsServer } from 'flowplane-metrics/serve';
  const recorder = new PrometheusRecorder();
  const family = defineCounter({ name: 'counted_total', help: 'Counted', labels: { source: {} } });
  const counted = recorder.counter(family);
  const source = String(process.pid);
  const server = new MetricsServer(recorder, { port: Number(process.env.PORT), cluster: true, processMetrics: false });
  await server.listen();
  const file = openSync(process.env.COUNTED + '/' + source, 'a');
  let total = 0;
  setInterval(() => {
    counted.inc({ source });
    writeSync(file, Date.now() + ' ' + ++total + '\\n');
  }, 10);
  createInterface({ input: process.stdin }).on('line', () => process.exit());
  console.log(source);
`;

describe('Processes at a socket whose server is killed', () => {
  const programs: Program[] = [];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'killed-'));
  });

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((one) => one.stop()));
    rmSync(folder, { recursive: true });
  });

  it('lose of it what it has counted in a second at most, and nothing of one that has ended just before', async () => {
    const counted = mkdtempSync(join(folder, 'counted-'));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/metrics`;
    const environment = {
      FLOWPLANE_METRICS_SOCKET: join(folder, 'metrics.sock'),
      PORT: String(port),
      COUNTED: counted,
    };
    const sources: string[] = [];
    for (let i = 0; i < 3; i++) {
      const one = new Program({ 'program.mjs': program }, environment);
      programs.push(one);
      sources.push(String(await one.next()));
    }
    const [server, ending] = programs as [Program, Program];
    await scrapedUntil(url, 'flowplane_metrics_sources 2');
    // Why so long: it must lose no more than it counts in a second, however long it runs.
    await wait(3000);
    ending.tell('exit');
    await ending.ended;
    await scrapedUntil(url, 'flowplane_metrics_sources 1');
    server.child.kill('SIGKILL');
    await server.ended;
    await scrapedUntil(url, 'flowplane_metrics_sources 0');
    const samples = await scrapedFrom(url);
    const written = readWritten(counted);
    const [lost, lostOfEnded] = sources.map((source) => {
      const sample = samples.find((one) => one.startsWith(`counted_total{source="${source}"} `));
      const merged = Number(sample?.split(' ')[1] ?? 0);
      const all = written.get(source) ?? [];
      // Why one more: it may have been killed before it wrote it down.
      if (source !== sources[2]) expect(merged).to.be.at.most((all.at(-1)?.total ?? 0) + 1);
      return ageOfLoss(all, merged);
    });
    expect(lost).to.be.at.most(1000);
    expect(lostOfEnded).to.equal(0);
  });
});
