import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Tell } from './measure-stores.js';
import { ours, type Row } from './measurement.js';
import { showProgress } from './progress.js';

/*
 * A typical service: 30 families, 1,000 to 5,000 series, and code that stays cold between scrapes.
 */

const script = fileURLToPath(new URL('typical-figure.js', import.meta.url));

/** The modules with the rows. */
const modules = [
  'typical-import',
  'typical-churn',
  'typical-scrape',
  'typical-answers',
  'typical-otlp',
  'typical-check',
  'typical-calls',
  'typical-http',
  'typical-frameworks',
] as const;

/**
 * A row has no further round once it has taken so many seconds, and never more rounds than this.
 *
 * Why: what is measured cold varies most from process to process and takes the shortest; what takes long repeats itself
 * in each process.
 */
const enoughSeconds = 1.1;
const mostRounds = 5;

/** What several processes have measured for one client. */
interface ClientFigure {
  readonly client: string;
  readonly minimum: number;
  readonly median: number;
}

/** One line of the table. */
export interface TypicalFigure {
  readonly name: string;
  readonly unit: Row['unit'];
  readonly goals: Row['goals'];
  readonly most: Row['most'];
  readonly figures: readonly ClientFigure[];
}

/** Which clients this version of Node can run. */
const isServed = (client: string): boolean =>
  client !== '@prometheus-io/client' || Number.parseInt(process.versions.node, 10) >= 22;

function measureOnce(module: string, row: string, client: string): number {
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', script, module, row, client], { encoding: 'utf8' }));
}

/** Why in turns: what else the machine does then slows all clients down alike. */
function measureRow(module: string, name: string, { unit, goals, most, clients }: Row): TypicalFigure {
  const names = Object.keys(clients).filter(isServed);
  const taken = new Map(names.map((client) => [client, [] as number[]]));
  const end = performance.now() + enoughSeconds * 1000;
  for (let i = 0; i < mostRounds && (i === 0 || performance.now() < end); i++) {
    for (const [client, figures] of taken) {
      showProgress(`${name}: ${client}, round ${i + 1}`);
      figures.push(measureOnce(module, name, client));
    }
  }
  const figures = Array.from(taken, ([client, all]) => {
    const sorted = all.toSorted((a, b) => a - b);
    return { client, minimum: sorted[0] as number, median: sorted[sorted.length >> 1] as number };
  });
  return { name, unit, goals, most, figures };
}

function tellRow(tell: Tell, { name, unit, goals, most, figures: [own, ...others] }: TypicalFigure): void {
  const shown = ({ minimum, median }: ClientFigure) => `${format(minimum)} (${format(median)})`;
  tell(`\n${name}, ${unit}`);
  if (own === undefined) return;
  tell(`  ${ours.padEnd(24)}${shown(own).padStart(20)}${goalOf(most)}`);
  for (const other of others) {
    const ratio = format(own.minimum / other.minimum);
    tell(
      `  ${other.client.padEnd(24)}${shown(other).padStart(20)}  ours is ${ratio} x${goalOf(goals?.[other.client])}`,
    );
  }
}

const goalOf = (most: number | undefined): string => (most === undefined ? '' : `  (goal: ${most})`);

const format = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Measures what a typical service sees, each figure in processes of its own, beside the peers. */
export async function measureTypical(tell: Tell): Promise<TypicalFigure[]> {
  tell('\nA typical service: least figure of several processes, median in parentheses');
  const measured: TypicalFigure[] = [];
  for (const module of modules) {
    const { rows } = (await import(`./${module}.js`)) as { readonly rows: Readonly<Record<string, Row>> };
    for (const [name, row] of Object.entries(rows)) {
      const figure = measureRow(module, name, row);
      tellRow(tell, figure);
      measured.push(figure);
    }
  }
  return measured;
}
