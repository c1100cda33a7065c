import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exposition } from '../../lib/exposition-reader/exposition.js';
import { parseGoFloat } from '../../lib/exposition-reader/parse-go-float.js';
import { PrometheusServer, type Series } from '../prometheus-server.js';
import { until } from '../until.js';

/** A text to judge, and what it is said to be. */
export interface Case {
  readonly format: Exposition['format'];
  readonly bytes: Uint8Array;
}

export const contentTypes: Readonly<Record<Exposition['format'], string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  OpenMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What one scrape of Prometheus did with a text. */
export interface Scraped {
  readonly isUp: boolean;
  /** The lines that it took for samples. */
  readonly scraped: number;
  /** The samples that it stored, each as a text. */
  readonly stored: readonly string[];
}

/** Serves each text at a path of its own. */
export class Served {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(cases: readonly Case[]): Promise<Served> {
    const server = createServer(({ url = '' }, response) => {
      const one = cases[Number(url.slice(1))];
      if (one === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Type': contentTypes[one.format] }).end(one.bytes);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Served(server);
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/**
 * Lets one Prometheus scrape each text, and says what its first good scrape of each did.
 *
 * @param interval the time between two scrapes, over which Prometheus spreads the first ones.
 */
export async function scrapeAll(command: string, served: Served, count: number, interval = '10s'): Promise<Scraped[]> {
  const numbers = Array.from({ length: count }, (_, i) => String(i));
  const targets = numbers.map(
    (number) => `{ targets: ['${served.host}'], labels: { __metrics_path__: '/${number}', instance: '${number}' } }`,
  );
  const config = `scrape_configs: [{ job_name: judged, scrape_interval: ${interval}, static_configs: [${targets.join(', ')}] }]\n`;
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const prometheus = await PrometheusServer.startIn(folder, config, command);
  try {
    await until(async () => (await prometheus.value('count(max_over_time(up{job="judged"}[1h]))')) === count, patience);
    // Why: on a busy machine the first scrape may be cut off, which says nothing of the text.
    await until(
      async () => [...(await prometheus.targets('instance')).values()].every((error) => !isCutOff.test(error)),
      patience,
    );
    return await judgedBy(prometheus, numbers);
  } finally {
    await prometheus.stop();
  }
}

/** So many seconds a Prometheus may take for thousands of targets while the machine is busy. */
const patience = 180;

/** How the errors of a request begin, beside those of the text. */
const isCutOff = /^(?:Get "|context deadline|read tcp|unexpected EOF$)/;
const ownMetrics = /^(?:up|scrape_(?:duration_seconds|samples_scraped|samples_post_metric_relabeling|series_added))$/;

async function judgedBy(prometheus: PrometheusServer, numbers: readonly string[]): Promise<Scraped[]> {
  const byInstance = new Map<string, Series[]>(numbers.map((number) => [number, []]));
  // Why in one query: another scrape may come between two. Why later than now: a sample may be ten minutes ahead.
  const all = await prometheus.query('{job="judged"}[2h]', Date.now() / 1000 + 660);
  for (const series of all) byInstance.get(series.metric['instance'] ?? '')?.push(series);
  return [...byInstance.values()].map((series) => {
    const valuesOf = (name: string): Series['values'] =>
      series.find(({ metric }) => metric['__name__'] === name)?.values ?? [];
    const up = valuesOf('up');
    const good = up.find(([, value]) => value === '1')?.[0];
    const others = new Set(up.map(([time]) => time).filter((time) => time !== good));
    return {
      isUp: good !== undefined,
      scraped: Math.max(0, ...valuesOf('scrape_samples_scraped').map(([, value]) => Number(value))),
      stored: series
        .filter(({ metric }) => !ownMetrics.test(metric['__name__'] ?? ''))
        .flatMap((one) => samplesOf(one, others)),
    };
  });
}

const program = `
import sys, json, base64
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
def refusal(encoded):
    try:
        for family in parse(base64.b64decode(encoded).decode('utf-8')): pass
        return ''
    except Exception as error:
        return repr(error) or 'refused'
print(json.dumps([refusal(one) for one in json.load(sys.stdin)]))`;

/** What the reference parser of OpenMetrics complains about in each text; the empty text where it does not. */
export function refusalsOfReferenceParser(texts: readonly Uint8Array[]): string[] {
  const input = JSON.stringify(texts.map((bytes) => Buffer.from(bytes).toString('base64')));
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', program], { input, encoding: 'utf8', maxBuffer: 2 ** 28 }));
}

/** Each sample of a series with the labels that were exposed, without those of other scrapes. */
function samplesOf({ metric, values }: Series, others: ReadonlySet<number>): string[] {
  const { job: _job, instance: _instance, __name__: name = '', ...rest } = metric;
  const labels = Object.entries(rest).map(([label, value]) => [
    label.replace(/^exported_(?=job$|instance$)/, ''),
    value,
  ]);
  return values
    .filter(([time]) => !others.has(time))
    .map(([, value]) => spell(name, Object.fromEntries(labels), Number(value.replace('Inf', 'Infinity'))));
}

/** A sample as one text, whatever the order of its labels and the spelling of its bounds. */
export function spell(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).filter(([, text]) => text !== '');
  const plain = pairs.map(([label, text]) => {
    const bound = /^(?:le|quantile)$/.test(label) ? parseGoFloat(text) : undefined;
    return [label, bound === undefined ? text : String(bound)];
  });
  return JSON.stringify([name, plain.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)), String(value)]);
}
