import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PastBoundsFigure } from './past-bounds.js';
import type { ScrapedFigure } from './scraped.js';
import type { StoreFigure } from './store.js';
import { stores } from './stores.js';

const script = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url));

function run<T>(name: string, ...given: string[]): T {
  const flags = ['--expose-gc', '--max-old-space-size=4096'];
  return JSON.parse(execFileSync(process.execPath, [...flags, script(name), ...given], { encoding: 'utf8' })) as T;
}

function printStores(title: string, kind: string, series: number, names: readonly string[]): void {
  console.log(`\n${title}`);
  let ours: StoreFigure | undefined;
  for (const name of names) {
    const figure = run<StoreFigure>('store', name, kind, String(series));
    ours ??= figure;
    const [bytes, ratio] = [figure.bytes.toFixed(0), (figure.rendering / ours.rendering).toFixed(1)];
    console.log(
      `  ${name.padEnd(24)}${bytes.padStart(5)} B/series  ${figure.firstSight.toFixed(0).padStart(6)} ns first sight  ${figure.rendering.toFixed(1).padStart(8)} ms rendering  ${ratio.padStart(5)} x ours`,
    );
  }
}

/** What ever new label values cost once nothing more fits. */
function printPastBounds(): void {
  console.log('\nOne call with a user made afresh, beside a label with a closed domain');
  for (const most of ['100', '10000']) {
    const { series, known, past } = run<PastBoundsFigure>('past-bounds', most);
    const ratio = (past / known).toFixed(1);
    console.log(
      `  of ${series} series${known.toFixed(0).padStart(8)} ns known${past.toFixed(0).padStart(6)} ns new, past every bound${ratio.padStart(5)} x`,
    );
  }
}

/** Memory, first sight and rendering, beside the peers; and what a scrape does to the event loop. */
export function printAllStores(): void {
  const names = Object.keys(stores);
  printStores('1,000 counter series of 3 labels', 'counter', 1000, names);
  printStores('100,000 counter series of 3 labels', 'counter', 100_000, names);
  printStores('1,000,000 counter series of 3 labels', 'counter', 1_000_000, names);
  printStores('10,000 histogram series of 3 labels and 12 buckets', 'histogram', 10_000, names);
  printPastBounds();
  const { series, scrapeSeconds, without, during } = run<ScrapedFigure>('scraped');
  const shown = ([longest, p999]: readonly [number, number]) =>
    `longest gap ${longest.toFixed(1)} ms, p99.9 ${p999.toFixed(1)} ms`;
  console.log(
    `\n${series} series scraped over HTTP with gzip (${scrapeSeconds.toFixed(1)} s), 1,000 increments per ms`,
  );
  console.log(`  without a scrape        ${shown(without)}`);
  console.log(`  during a scrape         ${shown(during)}`);
}
