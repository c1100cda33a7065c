import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MergedFamilies } from '../../lib/processes/merging/merged-families.js';
import { limitsOf } from '../../lib/processes/options.js';
import { Sources } from '../../lib/processes/sources.js';
import type { Downlink, Listening } from '../../lib/processes/transports/links.js';
import type { DownMessage } from '../../lib/processes/transports/messages.js';
import { listenAtSocket } from '../../lib/processes/transports/socket.js';
import { frameVersion } from '../../lib/processes/wire/frame.js';
import { until } from '../until.js';
import { samplesOf } from './merged.js';
import { Program } from './program.js';

/** Counts one job for each line that it reads. */
const program = `
  import { createInterface } from 'node:readline';
  import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from 'flowplane-metrics';
  import { publishMetrics } from 'flowplane-metrics/processes';
  const recorder = new PrometheusRecorder();
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs' }));
  const size = recorder.histogram(defineHistogram({ name: 'size', help: 'Size', buckets: [1, 2], native: true }));
  recorder.gauge(defineGauge({ name: 'held', help: 'Held', aggregator: 'livesum' })).set({}, 1);
  recorder.gauge(defineGauge({ name: 'widest', help: 'Widest', aggregator: 'max' })).set({}, 9);
  publishMetrics(recorder, { intervalSeconds: 0.02, processMetrics: false });
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line === 'exit') process.exit();
    jobs.inc();
    size.observe({}, 1.5);
  });
`;

/** Lies between a publisher and an aggregator, and can be cut. */
class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #path: string;

  constructor(path: string, target: string) {
    this.#path = path;
    this.#server = createServer((near) => {
      const far = connect(target);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one
          .on('error', () => undefined)
          .once('close', () => {
            this.#sockets.delete(one);
            other.destroy();
          });
        one.pipe(other);
      }
    });
  }

  async join(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(this.#path, done));
  }

  cut(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe('A process at a socket whose connection is cut', () => {
  let folder: string;
  let families: MergedFamilies;
  let sources: Sources;
  let listening: Listening | undefined;
  let cable: Cable;
  let child: Program;
  /** Every count of jobs that a scrape has shown. */
  const seen: number[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cut-'));
    const [path, socket] = [join(folder, 'near.sock'), join(folder, 'metrics.sock')];
    families = new MergedFamilies({ maxSeries: 1000, onLeftOut: () => undefined });
    // Why so short: it is ten seconds otherwise.
    sources = new Sources(families, { ...limitsOf({}), reconnectSeconds: 0.05 }, () => undefined);
    listening = await listenAtSocket(socket, sources, limitsOf({}));
    cable = new Cable(path, socket);
    await cable.join();
    child = new Program({ 'program.mjs': program }, { FLOWPLANE_METRICS_SOCKET: path });
    seen.length = 0;
  });

  afterEach(async () => {
    await child.stop();
    cable.cut();
    listening?.close();
    sources.close();
    rmSync(folder, { recursive: true });
  });

  async function scrapeUntil(isThere: (samples: readonly string[]) => boolean): Promise<void> {
    await until(async () => {
      const samples = await samplesOf({ exposedFamilies: async () => families.exposedFamilies(() => true) });
      const count = samples.find((one) => one.startsWith('jobs_total '));
      if (count !== undefined) seen.push(Number(count.split(' ')[1]));
      return isThere(samples);
    });
  }

  const has =
    (...expected: readonly string[]) =>
    (samples: readonly string[]): boolean =>
      expected.every((one) => samples.includes(one));

  const count = (times: number): void => {
    for (let i = 0; i < times; i++) child.tell('count');
  };

  it('counts on with the right numbers when it comes back later than it may take, and holds nothing meanwhile', async () => {
    count(3);
    await scrapeUntil(has('jobs_total 3', 'size_bucket{le="2"} 3', 'held 1', 'widest 9'));
    child.child.kill('SIGSTOP');
    cable.cut();
    await scrapeUntil((samples) => has('jobs_total 3', 'widest 9')(samples) && !samples.join().includes('held'));
    expect(sources.ages()).to.deep.equal([]);
    count(4);
    child.child.kill('SIGCONT');
    await cable.join();
    await scrapeUntil(has('jobs_total 7', 'size_bucket{le="2"} 7', 'size_sum 10.5', 'held 1', 'widest 9'));
    expect(sources.ages()).to.have.length(1);
    child.tell('exit');
    await scrapeUntil((samples) => has('jobs_total 7', 'widest 9')(samples) && !samples.join().includes('held'));
    expect(seen).to.deep.equal([...seen].sort((a, b) => a - b));
    expect(Math.max(...seen)).to.equal(7);
  });

  it('leaves what it has counted where it is killed meanwhile', async () => {
    count(3);
    await scrapeUntil(has('jobs_total 3', 'held 1'));
    cable.cut();
    await scrapeUntil((samples) => !samples.join().includes('held'));
    child.child.kill('SIGKILL');
    await child.ended;
    const [id = ''] = sources.known;
    await until(() => sources.isGone(id));
    await scrapeUntil(has('jobs_total 3', 'size_bucket{le="2"} 3'));
  });
});

describe('Processes that cannot be reached although they live', () => {
  let sources: Sources;
  let sent: DownMessage[];

  beforeEach(() => {
    const families = new MergedFamilies({ maxSeries: 1000, onLeftOut: () => undefined });
    // Why so short: it is ten seconds otherwise.
    sources = new Sources(families, { ...limitsOf({}), reconnectSeconds: 0.05 }, () => undefined);
    sent = [];
  });

  afterEach(() => sources.close());

  /** Lets a process of this name join, and gives its connection. */
  function join(id: string): Downlink {
    const link = { mayReopen: true, send: (message: DownMessage) => sent.push(message) };
    const source = { id, pid: process.pid, thread: 0 };
    sources.received(link, { type: 'hello', source, version: frameVersion, intervalSeconds: 1 });
    return link;
  }

  it('share the room for 16 that may be away, however many come and go', async () => {
    for (let i = 0; i < 40; i++) sources.closed(join(`source ${i}`));
    await until(() => sources.known.size === 16);
    join('source 0');
    expect(sent.at(-1)).to.deep.include({ type: 'refuse', id: 'source 0' });
  });

  it('lose that room in the order in which they have left, not in that in which they had joined', async () => {
    const first = join('joined first');
    for (let i = 0; i < 16; i++) sources.closed(join(`source ${i}`));
    await until(() => sources.ages().length === 1);
    sources.closed(first);
    await until(() => sources.ages().length === 0 && sources.known.size === 16);
    for (const [id, type] of [
      ['source 0', 'refuse'],
      ['joined first', 'welcome'],
    ] as const) {
      join(id);
      expect(sent.at(-1)).to.deep.include({ type, id });
    }
  });
});
