import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

import { compile } from './documents/compiler.js';
import { programs } from './programs.js';

/** The `@example` of a public name. */
export interface Example {
  readonly name: string;
  readonly text: string;
}

const folder = join(programs, 'examples');

const moduleOf = ({ name }: Example): string => join(folder, name.replace(/\W+/g, '-'));

/**
 * Gets the example from the doc comment of a symbol.
 *
 * Why from the text of the comment: TypeScript takes a decorator in an example for a tag of the comment.
 */
export function exampleOf(symbol: ts.Symbol): string | undefined {
  const comments = (symbol.declarations ?? []).flatMap((declaration) =>
    ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc),
  );
  const texts = comments.map((comment) =>
    comment
      .getText()
      .replace(/^\/\*\*|\*\/$/g, '')
      .replace(/^[ \t]*\* ?/gm, ''),
  );
  const [, example] = texts.map((text) => /^@example\n([\s\S]*)$/m.exec(text)).find((found) => found !== null) ?? [];
  return example?.trim();
}

/** Compiles the examples in one program, as a user with decorators would; returns what the compiler reports. */
export function compileExamples(examples: readonly Example[]): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const example of examples) writeFileSync(`${moduleOf(example)}.ts`, `${example.text}\n`);
  return compile(
    folder,
    examples.map((example) => `${basename(moduleOf(example))}.ts`),
  );
}

/** What an example should print: the comments behind its calls of `console.log`. */
const expectedOutput = ({ text }: Example): string[] =>
  [...text.matchAll(/console\.log\(.*\);? \/\/ (.*)$/gm)].map(([, output = '']) => output);

/**
 * Runs compiled examples one after the other in one process; returns what went wrong.
 *
 * Why one process: forty of them would take most of a minute. No example may leave a default recorder behind.
 */
export async function runExamples(examples: readonly Example[]): Promise<string[]> {
  const tasks = examples.map((example) => ({
    name: example.name,
    url: pathToFileURL(`${moduleOf(example)}.js`).href,
    expected: expectedOutput(example),
  }));
  writeFileSync(join(folder, 'run.js'), runner(tasks));
  const options = { timeout: 30_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'run.js')], options);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n', stdout.length - 2) + 1)) as string[];
}

// Why the last line is printed on exit: an example that leaves something running ends in the timeout instead.
const runner = (tasks: readonly object[]): string => `
import { format } from 'node:util';
import { setDefaultRecorder } from 'flowplane-metrics';
const wrong = [];
let current = '';
process.on('warning', ({ message }) => wrong.push(current + ' warns: ' + message));
process.on('exit', () => process.stdout.write(String.fromCharCode(10) + JSON.stringify(wrong) + String.fromCharCode(10)));
const log = console.log;
for (const { name, url, expected } of ${JSON.stringify(tasks)}) {
  current = name;
  const printed = [];
  console.log = (...values) => printed.push(format(...values));
  try {
    await import(url);
  } catch (error) {
    wrong.push(name + ' throws: ' + (error.stack ?? error));
  }
  await new Promise(setImmediate);
  if (expected.length > 0 && JSON.stringify(printed) !== JSON.stringify(expected)) {
    wrong.push(name + ' prints ' + JSON.stringify(printed) + ' instead of ' + JSON.stringify(expected));
  }
  setDefaultRecorder(undefined);
}
console.log = log;
`;
