import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

const lib = fileURLToPath(new URL('../../lib', import.meta.url));

/** What the files of each folder may import, beside their own folder and `error.ts`. The longest folder applies. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'error.ts': ['definition'],
  'version.ts': [],
  'index.ts': ['catalogue', 'definition', 'readers', 'recorder', 'decorators', 'exposition', 'prometheus'],
  definition: [],
  readers: ['definition'],
  recorder: ['definition'],
  ends: ['readers'],
  decorators: ['definition', 'readers', 'ends', 'recorder'],
  labels: ['definition'],
  series: ['definition', 'labels'],
  exposition: ['definition', 'series'],
  prometheus: ['definition', 'recorder', 'labels', 'series', 'exposition'],
  'serving/read-files.ts': [],
  'serving/tls': ['serving/read-files.ts'],
  'serving/gate': ['serving/tls'],
  'serving/config': [
    ...['definition', 'recorder', 'exposition'],
    ...['serving/read-files.ts', 'serving/tls', 'serving/gate'],
  ],
  'serving/pages': ['exposition', 'prometheus', 'version.ts'],
  serving: [
    ...['definition', 'recorder', 'exposition', 'prometheus'],
    ...['serving/read-files.ts', 'serving/tls', 'serving/gate', 'serving/config', 'serving/pages'],
  ],
  catalogue: ['definition'],
  cli: ['definition', 'catalogue'],
  'adapters/inversify': ['definition', 'recorder', 'exposition', 'prometheus', 'catalogue'],
  'adapters/koa': ['definition', 'recorder', 'exposition', 'prometheus', 'serving', 'serving/config', 'serving/pages'],
  testing: ['definition', 'labels', 'recorder'],
};

/** Where each package that is not Node's own may be imported, and how. */
const packages: Readonly<Record<string, string>> = {
  koa: 'adapters/koa/koa-application.ts',
  '@koa/router': 'adapters/koa/koa-application.ts',
  'prom-client': 'prometheus/process-metrics.ts',
  yaml: 'serving/config/web-config-file.ts',
  '@node-rs/bcrypt': 'serving/gate/bcrypt.ts',
};

interface Import {
  readonly from: string;
  readonly specifier: string;
}

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

const imports: Import[] = files.flatMap((from) => {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(lib, from), 'utf8'));
  return importedFiles.map(({ fileName }) => ({ from, specifier: fileName }));
});

/** The entry of the table that a file belongs to. */
function roomOf(file: string): string | undefined {
  return Object.keys(mayImport).find((room) => file === room || file.startsWith(`${room}/`));
}

describe('The folders of lib/', () => {
  it('have an entry in the import table', () => {
    expect(files.filter((file) => roomOf(file) === undefined)).to.deep.equal([]);
  });

  it('import only what the table allows', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ from, specifier }) => ({ from, to: relative(lib, resolve(lib, dirname(from), specifier)) }))
      .filter(({ from, to }) => {
        const [own, other] = [roomOf(from), roomOf(to.replace(/\.js$/, '.ts'))];
        return own !== other && other !== 'error.ts' && !mayImport[own ?? '']?.includes(other ?? '');
      });
    expect(wrong).to.deep.equal([]);
  });

  it('import no package but Node and, each in one place, the optional peers', () => {
    const wrong = imports
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter(({ from, specifier }) => packages[specifier] !== from);
    expect(wrong).to.deep.equal([]);
  });

  it('evaluate no code from strings, and use only what a CommonJS build could use', () => {
    const forbidden = /\bnew Function\b|\beval\(|\bimport\.meta\b|^(?:const .* = )?await /m;
    expect(files.filter((file) => forbidden.test(readFileSync(join(lib, file), 'utf8')))).to.deep.equal([]);
  });
});
