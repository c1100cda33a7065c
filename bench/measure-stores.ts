import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FormatsFigure } from './formats.js';
import { showProgress } from './progress.js';
import type { ScrapedFigure } from './scraped.js';
import type { StoreFigure } from './store.js';
import { stores } from './stores.js';

const script = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url));

function run<T>(name: string, ...given: string[]): T {
  const flags = ['--expose-gc', '--max-old-space-size=4096'];
  return JSON.parse(execFileSync(process.execPath, [...flags, script(name), ...given], { encoding: 'utf8' })) as T;
}

/** Takes a line for the reader. */
export type Tell = (line: string) => void;

/** What each store costs with so many series of one kind. */
interface StoresFigures {
  readonly kind: string;
  readonly series: number;
  readonly figures: readonly ({ readonly name: string } & StoreFigure)[];
}

/** Everything that is measured of stores of series. */
export interface AllStoresFigures {
  readonly stores: readonly StoresFigures[];
  readonly scraped: ScrapedFigure;
  readonly formats: FormatsFigure;
}

function measureStores(tell: Tell, title: string, kind: string, series: number): StoresFigures {
  tell(`\n${title}`);
  const figures: ({ readonly name: string } & StoreFigure)[] = [];
  for (const name of Object.keys(stores)) {
    showProgress(`${title}: ${name}`);
    const figure = run<StoreFigure>('store', name, kind, String(series));
    figures.push({ name, ...figure });
    const ours = figures[0] as StoreFigure;
    const [bytes, ratio] = [figure.bytes.toFixed(0), (figure.rendering / ours.rendering).toFixed(1)];
    tell(
      `  ${name.padEnd(24)}${bytes.padStart(5)} B/series  ${figure.firstObservation.toFixed(0).padStart(6)} ns first observation  ${figure.rendering.toFixed(1).padStart(8)} ms rendering  ${ratio.padStart(5)} x ours`,
    );
  }
  return { kind, series, figures };
}

/** What a scrape does to the event loop. */
function measureScraped(tell: Tell): ScrapedFigure {
  const figure = run<ScrapedFigure>('scraped');
  const { series, scrapeSeconds, without, during } = figure;
  const shown = ([longest, p999]: readonly [number, number]) =>
    `longest gap ${longest.toFixed(1)} ms, p99.9 ${p999.toFixed(1)} ms`;
  tell(`\n${series} series scraped over HTTP with gzip (${scrapeSeconds.toFixed(1)} s), 1,000 increments per ms`);
  tell(`  without a scrape        ${shown(without)}`);
  tell(`  during a scrape         ${shown(during)}`);
  return figure;
}

/** What Protocol Buffers cost beside our text format, and beside the serializer of OpenTelemetry. */
function measureFormats(tell: Tell): FormatsFigure {
  const figure = run<FormatsFigure>('formats');
  const { series, text, protobuf, otlp } = figure;
  tell(`\n${series} counter series of 3 labels, written`);
  tell(`  as text                 ${text.toFixed(1)} ms`);
  tell(`  as protobuf             ${protobuf.toFixed(1)} ms  ${(protobuf / text).toFixed(2)} x text (goal: 1)`);
  tell(`  by otlp-transformer     ${otlp.toFixed(1)} ms  ${(otlp / protobuf).toFixed(1)} x ours (goal: 8)`);
  return figure;
}

/** Memory, first observation and rendering, beside the peers; and what a scrape does to the event loop. */
export function measureAllStores(tell: Tell): AllStoresFigures {
  return {
    stores: [
      measureStores(tell, '1,000 counter series of 3 labels', 'counter', 1000),
      measureStores(tell, '100,000 counter series of 3 labels', 'counter', 100_000),
      measureStores(tell, '1,000,000 counter series of 3 labels', 'counter', 1_000_000),
      measureStores(tell, '10,000 histogram series of 3 labels and 12 buckets', 'histogram', 10_000),
    ],
    scraped: measureScraped(tell),
    formats: measureFormats(tell),
  };
}
