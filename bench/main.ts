import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Figure {
  readonly name: string;
  readonly nanoseconds: number;
}

const script = fileURLToPath(new URL('call.js', import.meta.url));

function figures(methods: number, strings: string): Figure[] {
  const printed = execFileSync(process.execPath, [script, String(methods), strings], { encoding: 'utf8' });
  return JSON.parse(printed) as Figure[];
}

function print(methods: number, strings: string): void {
  const [bare, ...others] = figures(methods, strings) as [Figure, ...Figure[]];
  const above = ({ nanoseconds }: Figure) => nanoseconds - bare.nanoseconds;
  const ours = others.find(({ name }) => name.startsWith('@')) as Figure;
  console.log(`\n${methods} method${methods === 1 ? '' : 's'}, 2 labels, 300 series, ${strings} strings (medians)`);
  console.log(`  ${'bare method'.padEnd(22)}${bare.nanoseconds.toFixed(1).padStart(8)} ns`);
  for (const figure of others) {
    const ratio = (above(figure) / above(ours)).toFixed(1);
    console.log(
      `  ${figure.name.padEnd(22)}${figure.nanoseconds.toFixed(1).padStart(8)} ns  ${above(figure).toFixed(1).padStart(7)} ns above bare  ${ratio.padStart(5)} x @Counter`,
    );
  }
}

console.log(`Cost of one call. Node ${process.version}, ${process.arch}.`);
for (const methods of [1, 40]) {
  for (const strings of ['identical', 'fresh']) print(methods, strings);
}
