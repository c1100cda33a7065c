import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Why require: an import looks through nine megabytes for names of exports, which takes longer than to load them.
import ts = require('typescript');

import { root } from './documents.js';

/**
 * Compiles files of a folder, as a service with decorators would be; gives what the compiler says is wrong.
 *
 * Why TypeScript 7: it takes a second where others take ten, and types.servers.spec.ts compares the versions.
 */
export function compile(folder: string, files: readonly string[], ...more: readonly string[]): string[] {
  const tsc = join(root, 'node_modules/typescript-7/bin/tsc');
  const options = [
    '--ignoreConfig --strict --skipLibCheck --types node --target ES2023 --module NodeNext --pretty false',
    '--moduleDetection force --experimentalDecorators --emitDecoratorMetadata',
  ].flatMap((line) => line.split(' '));
  const given = [tsc, ...options, ...more, ...files];
  const { stdout } = spawnSync(process.execPath, given, { cwd: folder, encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

/** An entry of the package: its name in package.json without `./`, and its declarations. */
export interface Entry {
  readonly name: string;
  readonly file: string;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, { readonly require?: { readonly types: string } }>>;
};

export const publicEntries: readonly Entry[] = Object.entries(manifest.exports).flatMap(([name, { require }]) =>
  require === undefined ? [] : [{ name: name.replace(/^\.\/?/, ''), file: join(root, require.types) }],
);

let program: ts.Program | undefined;

/** The declarations that users get, of all entries. Why kept: several specs read them, and to load them takes seconds. */
export function publicProgram(): ts.Program {
  program ??= ts.createProgram(
    publicEntries.map(({ file }) => file),
    {
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      skipLibCheck: true,
      types: ['node'],
    },
  );
  return program;
}
