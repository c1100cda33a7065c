import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { context, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { expect } from 'chai';
import ts from 'typescript';
import { metricsHandler } from '../../lib/adapters/http/index.js';
import { attachRecorder, Counter, defineHistogram, Histogram, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { until } from '../until.js';

// Why so few: they show the same as those of a minute. SCRAPES=60 runs it for one.
const scrapesUnderLoad = Number(process.env['SCRAPES'] ?? 5);
const buckets = [0.001, 0.01, 0.1, 1, 10];
const teams = ['mail', 'search', 'payments', 'billing'];

class Service {
  @Counter({ name: 'calls_total', help: 'Calls', labels: { team: (team) => team } })
  @Histogram({ name: 'sizes_bytes', help: 'Sizes', buckets, labels: { team: (team) => team }, value: (size) => size })
  handle(_team: string, size: number): number {
    return size;
  }

  @Histogram(defineHistogram({ name: 'native_bytes', help: 'Sizes', buckets, native: true }), { value: (size) => size })
  async wait(size: number): Promise<number> {
    await turn();
    return size;
  }
}

/** One observation: when it was made, and in which trace. */
interface Hit {
  readonly time: number;
  readonly traceId: string;
}

/** What Prometheus has of one exemplar. */
interface StoredExemplar {
  readonly labels: { readonly trace_id: string; readonly span_id: string };
  readonly value: string;
  readonly timestamp: number;
}

/** Serves a recorder to several servers, each at a path of its own, and keeps when each has scraped. */
class Target {
  readonly scrapes = new Map<string, { readonly from: number; to: number }[]>();
  readonly #server: Server;

  constructor(recorder: PrometheusRecorder) {
    const handle = metricsHandler(recorder);
    this.#server = createServer((request, response) => {
      const scrape = { from: Date.now(), to: Infinity };
      this.scrapes.set(request.url ?? '', [...(this.scrapes.get(request.url ?? '') ?? []), scrape]);
      response.on('finish', () => {
        scrape.to = Date.now();
      });
      handle(request, response);
    });
  }

  countScrapes(path: string): number {
    return this.scrapes.get(path)?.length ?? 0;
  }

  async listen(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const servers = [
  { path: '/2', command: 'prometheus', flags: [], native: false },
  { path: '/3', command: 'prometheus-3', flags: [], native: false },
  { path: '/3-protobuf', command: 'prometheus-3', flags: ['native-histograms'], native: true },
] as const;

const exporter = new InMemorySpanExporter();
const hits = new Map<string, Hit[]>();

function hit(series: string, traceId: string): void {
  const before = hits.get(series);
  if (before === undefined) hits.set(series, [{ time: Date.now(), traceId }]);
  else before.push({ time: Date.now(), traceId });
}

const boundOf = (value: number): number => buckets.find((bound) => value <= bound) ?? Infinity;

/** The observations of a series, oldest first, that were made after one time and not after another. */
function hitsBetween(all: readonly Hit[], from: number, to: number): readonly Hit[] {
  const countUpTo = (end: number): number => {
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((all[middle] as Hit).time <= end) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return all.slice(countUpTo(from), countUpTo(to));
}

/** Calls the service up to 10,000 times a second, each time in a span of its own, until something is done. */
async function load(service: Service, isDone: () => boolean): Promise<void> {
  const tracer = trace.getTracer('load');
  for (let i = 0; !isDone(); i++) {
    if (i % 10 === 0) await delay(1);
    const team = teams[i % teams.length] as string;
    const size = 10 ** (4 * Math.sin(i) - 1);
    await tracer.startActiveSpan('request', async (span) => {
      const { traceId } = span.spanContext();
      hit(`calls_total ${team}`, traceId);
      hit(`sizes_bytes_bucket ${team} ${boundOf(size)}`, traceId);
      service.handle(team, size);
      if (i % 10 === 0) {
        hit('native_bytes', traceId);
        await service.wait(size);
      }
      span.end();
    });
  }
}

describe('Exemplars, as real servers of Prometheus scrape them under load', () => {
  const running = new Map<string, PrometheusServer>();
  let target: Target;
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

  before(async function () {
    this.timeout((scrapesUnderLoad + 60) * 1000);
    for (const command of ['prometheus', 'prometheus-3']) needs(this, command);
    const recorder = new PrometheusRecorder();
    target = new Target(recorder);
    const port = await target.listen();
    for (const { path, command, flags } of servers) {
      const features = ['exemplar-storage', ...flags].join(',');
      const server = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'exemplars-')),
        `scrape_configs: [{ job_name: load, metrics_path: ${path}, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`,
        command,
        [`--enable-feature=${features}`],
      );
      running.set(path, server);
    }
    provider.register();
    const haveScraped = (more: number): (() => boolean) => {
      const goals = servers.map(({ path }) => target.countScrapes(path) + more);
      return () => servers.every(({ path }, i) => target.countScrapes(path) >= (goals[i] as number));
    };
    await load(attachRecorder(new Service(), recorder), haveScraped(scrapesUnderLoad + 1));
    // Why two: the first of them may have begun before the load has ended.
    await until(haveScraped(2));
  });

  after(async () => {
    trace.disable();
    context.disable();
    for (const server of running.values()) await server.stop();
    await target?.close();
    await provider.shutdown();
  });

  for (const { path, command, native } of servers) {
    describe(`${command}${native ? ' by protobuf' : ''}`, () => {
      let server: PrometheusServer;

      before(() => {
        server = running.get(path) as PrometheusServer;
      });

      it('has an exemplar of each window for at least 99 % of the counters and buckets that were hit in it', async () => {
        const found = new Map([
          ...(await exemplarsOf(server, 'calls_total', ({ team }) => `calls_total ${team}`)),
          ...(await exemplarsOf(server, 'sizes_bytes_bucket', ({ team, le }) => {
            return `sizes_bytes_bucket ${team} ${le === '+Inf' ? Infinity : Number(le)}`;
          })),
        ]);
        const missed: string[] = [];
        let windows = 0;
        const scrapes = target.scrapes.get(path) ?? [];
        for (const [i, { from, to }] of scrapes.slice(0, -1).entries()) {
          const end = scrapes[i + 1]?.from ?? 0;
          for (const [series, all] of hits) {
            if (series === 'native_bytes' || hitsBetween(all, to, end - 1).length === 0) continue;
            windows++;
            const traces = new Set(hitsBetween(all, from - 1, end).map(({ traceId }) => traceId));
            const isShown = found.get(series)?.some(({ labels }) => traces.has(labels.trace_id));
            if (!isShown) missed.push(`${series} in window ${i}`);
          }
        }
        expect(windows).to.be.above(scrapesUnderLoad * 20);
        expect(missed.length / windows, missed.join(', ')).to.be.at.most(0.01);
      });

      it('answers with traces that exist, and values of their buckets', async () => {
        const exported = new Map(exporter.getFinishedSpans().map((span) => [span.spanContext().traceId, span]));
        const all = await exemplarsOf(server, 'sizes_bytes_bucket', ({ team, le }) => `${team} ${le}`);
        const counted = await exemplarsOf(server, 'calls_total', ({ team }) => String(team));
        expect(all.size).to.be.above(buckets.length);
        for (const { labels } of [...all.values(), ...counted.values()].flat()) {
          expect(exported.get(labels.trace_id)?.spanContext().spanId).to.equal(labels.span_id);
        }
        for (const [series, exemplars] of all) {
          const le = series.split(' ')[1];
          for (const { value } of exemplars) {
            expect(boundOf(Number(value))).to.equal(le === '+Inf' ? Infinity : Number(le));
          }
        }
        for (const { value } of [...counted.values()].flat()) expect(value).to.equal('1');
      });

      it('has refused none of them as out of order', async () => {
        const own = await (await fetch(`${server.url}/metrics`, { headers: { connection: 'close' } })).text();
        const refused = own
          .split('\n')
          .filter((line) => /^prometheus_\w*exemplar_out_of_order\w*(\{.*\})? /.test(line));
        expect(refused.length).to.be.above(0);
        for (const line of refused) expect(line).to.match(/ 0$/);
      });

      it('has no error of its last scrape', async () => {
        expect(await server.targets()).to.deep.equal(new Map([['load', '']]));
      });

      if (native) {
        it('has exemplars of the native histogram, of the span at the call of an async method', async () => {
          const all = await exemplarsOf(server, 'native_bytes', () => 'native');
          const traces = new Set(hits.get('native_bytes')?.map(({ traceId }) => traceId));
          const shown = all.get('native') ?? [];
          expect(shown.length).to.be.above(3);
          for (const { labels } of shown) expect(traces.has(labels.trace_id)).to.equal(true);
        });
      }
    });
  }
});

describe('The guide on exemplars', () => {
  it('has a program, a configuration and commands by which a real Prometheus answers as it says', async function () {
    needs(this, 'prometheus');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const program = join(folder, 'serve.mjs');
    writeFileSync(program, ts.transpile(shown('serve.ts'), compilerOptions));
    const env = { ...process.env, FLOWPLANE_METRICS_PORT: '0' };
    const service = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let server: PrometheusServer | undefined;
    try {
      const [url] = await once(createInterface({ input: service.stdout }), 'line');
      const config = shown('prometheus.yml').replace('127.0.0.1:9090', new URL(String(url)).host);
      const flags = commandOf('prometheus')
        .split(' ')
        .filter((one) => one.startsWith('--enable-feature'));
      expect(flags.length).to.equal(1);
      const own = mkdtempSync(join(tmpdir(), 'exemplars-guide-'));
      const running = await PrometheusServer.startIn(own, config, 'prometheus', flags);
      server = running;
      const command = commandOf('curl').replace('http://127.0.0.1:9091', running.url);
      let answer = '';
      await until(() => {
        answer = execFileSync('bash', ['-c', command], { encoding: 'utf8' });
        return answer.includes('trace_id');
      });
      const stated = /It answers with each series and its exemplars: `([^`]+)`/.exec(guide)?.[1] ?? 'nothing';
      expect(answer).to.match(new RegExp(stated.split('…').map(escapePattern).join('[^"]+')));
    } finally {
      service.kill('SIGKILL');
      await server?.stop();
    }
  });
});

const guide = readFileSync(new URL('../../../docs/guides/exemplars.md', import.meta.url), 'utf8');
// Why below dist/: there the package's own name leads to the package.
const folder = fileURLToPath(new URL('../../exemplars-guide', import.meta.url));
const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  experimentalDecorators: true,
} as const;

/** The text of a file that the guide shows. */
function shown(file: string): string {
  const text = new RegExp(`^\`\`\`\\w+[^\\n]*\\n(?:#|//) ${file}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(guide)?.[1];
  if (text === undefined) throw new Error(`the guide shows no ${file}`);
  return text;
}

const escapePattern = (text: string): string => text.replace(/[{}[\]()]/g, '\\$&');

/** The command of the guide that begins with this word. */
const commandOf = (word: string): string => new RegExp(`^ {4}(${word} .*)$`, 'm').exec(guide)?.[1] ?? '';

/** The exemplars that a server has of the series of a selector, by what the labels of a series say. */
async function exemplarsOf(
  server: PrometheusServer,
  query: string,
  nameOf: (labels: Readonly<Record<string, string>>) => string,
): Promise<Map<string, StoredExemplar[]>> {
  const now = Date.now() / 1000;
  const parameters = new URLSearchParams({ query, start: String(now - 3600), end: String(now + 1) });
  const response = await fetch(`${server.url}/api/v1/query_exemplars?${parameters}`, {
    headers: { connection: 'close' },
  });
  const { data } = (await response.json()) as {
    data: { seriesLabels: Record<string, string>; exemplars: StoredExemplar[] }[];
  };
  return new Map(data.map(({ seriesLabels, exemplars }) => [nameOf(seriesLabels), exemplars]));
}
