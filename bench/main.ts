import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figure } from './call.js';
import { operations } from './operations.js';
import { printAllStores } from './print-stores.js';

const script = fileURLToPath(new URL('call.js', import.meta.url));
// Why so much room for young objects: a collection in the middle would hide what was allocated.
const flags = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=256'];

function figures(operation: string, methods: number, strings: string): Figure[] {
  const given = [...flags, script, operation, String(methods), strings];
  return JSON.parse(execFileSync(process.execPath, given, { encoding: 'utf8' })) as Figure[];
}

function print(operation: string, methods: number, strings: string): void {
  const [bare, ...others] = figures(operation, methods, strings) as [Figure, ...Figure[]];
  const above = ({ nanoseconds }: Figure) => nanoseconds - bare.nanoseconds;
  const ours = others.find(({ name }) => name === 'decorated') as Figure;
  console.log(`\n${operation} · ${methods} method${methods === 1 ? '' : 's'}, ${strings} strings`);
  console.log(`  ${bare.name.padEnd(24)}${bare.nanoseconds.toFixed(0).padStart(6)} ns`);
  for (const figure of others) {
    const ratio = (above(figure) / above(ours)).toFixed(1);
    const bytes = Math.max(0, figure.bytes - bare.bytes);
    console.log(
      `  ${figure.name.padEnd(24)}${above(figure).toFixed(0).padStart(6)} ns above bare  ${bytes.toFixed(0).padStart(5)} B  ${ratio.padStart(5)} x decorated`,
    );
  }
}

console.log(`Cost of one call, 2 labels, 300 series, medians. Node ${process.version}, ${process.arch}.`);
const wanted = process.argv.slice(2);
for (const operation of Object.keys(operations).filter((name) => wanted.length === 0 || wanted.includes(name))) {
  for (const methods of [1, 40]) {
    for (const strings of ['identical', 'fresh']) print(operation, methods, strings);
  }
}
if (wanted.length === 0 || wanted.includes('series')) printAllStores();
