import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figure } from './call.js';
import { measureAllStores, type Tell } from './measure-stores.js';
import { operations } from './operations.js';
import { clearProgress, showProgress } from './progress.js';
import { measureTypical } from './typical.js';

const script = fileURLToPath(new URL('call.js', import.meta.url));
// Why so much room for young objects: a collection in the middle would hide what was allocated.
const flags = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=256'];

function figures(operation: string, methods: number, strings: string): Figure[] {
  const given = [...flags, script, operation, String(methods), strings];
  return JSON.parse(execFileSync(process.execPath, given, { encoding: 'utf8' })) as Figure[];
}

/** What each arrangement costs in one operation. */
interface CallFigures {
  readonly operation: string;
  readonly methods: number;
  readonly strings: string;
  readonly figures: readonly Figure[];
}

function measure(tell: Tell, operation: string, methods: number, strings: string): CallFigures {
  showProgress(`${operation}: ${methods} methods, ${strings} strings`);
  const [bare, ...others] = figures(operation, methods, strings) as [Figure, ...Figure[]];
  const above = ({ nanoseconds }: Figure) => nanoseconds - bare.nanoseconds;
  const ours = others.find(({ name }) => name === 'decorated') as Figure;
  tell(`\n${operation} · ${methods} method${methods === 1 ? '' : 's'}, ${strings} strings`);
  tell(`  ${bare.name.padEnd(24)}${bare.nanoseconds.toFixed(0).padStart(6)} ns`);
  for (const figure of others) {
    const ratio = (above(figure) / above(ours)).toFixed(1);
    const bytes = Math.max(0, figure.bytes - bare.bytes);
    tell(
      `  ${figure.name.padEnd(24)}${above(figure).toFixed(0).padStart(6)} ns above bare  ${bytes.toFixed(0).padStart(5)} B  ${ratio.padStart(5)} x decorated`,
    );
  }
  return { operation, methods, strings, figures: [bare, ...others] };
}

const parts = ['typical', ...Object.keys(operations), 'series', 'processes', 'thread'];
const usage = `Use npm run bench -- [--json] [PART...], where a part is ${parts.map((part) => JSON.stringify(part)).join(', ')}. Without a part, all are measured.`;
const given = process.argv.slice(2);
if (given.includes('--help')) {
  console.log(usage);
  process.exit();
}
/** Whether all figures are printed as one JSON document, instead of lines for a reader. */
const isJson = given.includes('--json');
const tell: Tell = (line) => {
  clearProgress();
  if (!isJson) console.log(line);
};
const wanted = given.filter((one) => one !== '--json');
const unknown = wanted.filter((one) => !parts.includes(one));
if (unknown.length > 0) {
  console.error(`bench: there is no part ${unknown.map((part) => JSON.stringify(part)).join(', ')}. ${usage}`);
  process.exit(2);
}
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

tell(`Node ${process.version}, ${process.arch}`);
const typical = isWanted('typical') ? await measureTypical(tell) : undefined;
const calls: CallFigures[] = [];
const wantedOperations = Object.keys(operations).filter(isWanted);
if (wantedOperations.length > 0) tell('\nCost of one call, 2 labels, 300 series, medians');
for (const operation of wantedOperations) {
  for (const methods of [1, 40]) {
    for (const strings of ['identical', 'fresh']) calls.push(measure(tell, operation, methods, strings));
  }
}
const stores = isWanted('series') ? measureAllStores(tell) : undefined;
/** Runs a part that prints its figures itself, in a process of its own. */
function runPart(name: string, title: string): void {
  if (!isWanted(name) || isJson) return;
  showProgress(title);
  const program = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  // Why not printed by the part: the progress stands where its first line would.
  const printed = execFileSync(process.execPath, ['--expose-gc', program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  tell(`\n${title}\n${printed.trimEnd()}`);
}
runPart('processes', 'Several processes, merged');
runPart('thread', 'A copy of the store in a worker thread');
const seconds = performance.now() / 1000;
tell(`\nmeasured in ${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`);
if (isJson) {
  const { version: node, arch } = process;
  console.log(JSON.stringify({ node, arch, typical, calls, ...stores }, null, 2));
}
