import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

const root = fileURLToPath(new URL('../..', import.meta.url));
const lib = join(root, 'lib');

/** The rooms of `lib/` in the order of the table in ARCHITECTURE.md: each imports itself and those before it. */
const rooms = [...readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| `([a-z-]+(?:\.ts|\/))` \|/gm)].map(
  ([, room = '']) => room.replace('/', ''),
);

/** Rooms whose folders know nothing of each other. */
const divided = ['adapters'];

/** What the main entry must not load, as it is installed or needed by few. */
const apart = [
  ...['sending', 'pushgateway', 'otlp', 'processes', 'thread', 'promql', 'alerting', 'dashboard', 'rules'],
  ...['server', 'adapters', 'testing', 'cli'],
];

/** What is started, and imported by nothing. */
const programs = ['cli', 'metrics-thread'];

/** Where each package that is not Node's own may be imported. */
const packages: Readonly<Record<string, string>> = {
  koa: 'adapters/koa/koa-application.ts',
  '@koa/router': 'adapters/koa/koa-application.ts',
  '@nestjs/common': 'adapters/nest/metrics-module.ts',
  '@nestjs/core': 'adapters/nest/metrics-module.ts',
  ...Object.fromEntries(
    ['common', 'dashboard', 'heatmap', 'piechart', 'prometheus', 'stat', 'timeseries'].map((part) => [
      `@grafana/grafana-foundation-sdk/${part}`,
      'dashboard/grafana.ts',
    ]),
  ),
  '@prometheus-io/lezer-promql': 'check/promql/grammar.ts',
  'prom-client': 'prometheus/prom-client/process-metrics.ts',
  yaml: 'server/config/yaml-tree.ts',
  '@prometheus-io/client': 'prometheus/prom-client/process-metrics.ts',
  '@node-rs/bcrypt': 'access/passwords.ts',
  // Why no peer: the build puts it into the script of the page.
  uplot: 'page/chart.ts',
  // Why no peers: only their types are extended, and a range would refuse the other versions that a project may have.
  expect: 'testing/jest.ts',
  vitest: 'testing/vitest.ts',
};

interface Import {
  readonly from: string;
  readonly specifier: string;
}

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Rooms that may import types of every room: the state of the process refers to what other rooms keep there. */
const typesFromBelow = ['process-state.ts'];

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(lib, from), 'utf8');
  const types = typesFromBelow.includes(from) ? [...text.matchAll(/^import type .* from '(.*)';$/gm)] : [];
  const exempt = new Set(types.map(([, specifier]) => specifier));
  const { importedFiles } = ts.preProcessFile(text);
  return importedFiles
    .filter(({ fileName }) => !exempt.has(fileName))
    .map(({ fileName }) => ({ from, specifier: fileName }));
});

const inner = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier }) => ({ from, to: relative(lib, resolve(lib, dirname(from), specifier)) }));

const roomOf = (file: string): string => file.split('/')[0]?.replace(/\.js$/, '.ts') ?? '';
const folderOf = (file: string): string => file.split('/').slice(0, 2).join('/');

/** Whether the first export of a text has a comment for its readers; `undefined` where nothing is exported. */
function isDescribed(text: string): boolean | undefined {
  const source = ts.createSourceFile('one.ts', text, ts.ScriptTarget.Latest, true);
  const isExported = (one: ts.Statement): boolean =>
    ts.canHaveModifiers(one) && (ts.getModifiers(one) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  const first = source.statements.find(isExported);
  return first && ts.getJSDocCommentsAndTags(first).length > 0;
}

/** The same of a file. Why its beginning first: to parse all of each file takes seconds. */
function isFileDescribed(file: string): boolean {
  const text = readFileSync(join(lib, file), 'utf8');
  const [beginning] = /^[\s\S]*?^export .*$/m.exec(text) ?? [''];
  return isDescribed(beginning) ?? isDescribed(text) ?? false;
}

describe('The rooms of lib/', () => {
  it('ARCHITECTURE.md lists every room, and every room that it lists exists', () => {
    expect([...new Set(files.map(roomOf))].sort()).to.deep.equal([...rooms].sort());
  });

  it('a room imports only rooms above it in the table of ARCHITECTURE.md', () => {
    const wrong = inner.filter(({ from, to }) => rooms.indexOf(roomOf(to)) > rooms.indexOf(roomOf(from)));
    expect(wrong).to.deep.equal([]);
  });

  it('an adapter imports no other adapter', () => {
    const wrong = inner.filter(
      ({ from, to }) => roomOf(from) === roomOf(to) && divided.includes(roomOf(to)) && folderOf(from) !== folderOf(to),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('the main entry loads neither a server nor an adapter, and nothing imports a program', () => {
    const wrong = inner.filter(
      ({ from, to }) =>
        (from === 'index.ts' && apart.includes(roomOf(to))) ||
        (programs.includes(roomOf(to)) && roomOf(from) !== roomOf(to)),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('a package other than Node itself is imported by one file, and is an optional peer', () => {
    const wrong = imports
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter(({ from, specifier }) => packages[specifier] !== from);
    expect(wrong).to.deep.equal([]);
  });

  it('of the script of the page, the server imports only the data that both have', () => {
    const wrong = inner.filter(({ from, to }) => roomOf(to) === 'page' && roomOf(from) !== 'page');
    expect(wrong.map(({ to }) => to).filter((to) => to !== 'page/facts.js')).to.deep.equal([]);
    expect(wrong.map(({ from }) => roomOf(from)).filter((room) => room !== 'server')).to.deep.equal([]);
  });

  it('the comment on the first export of each file says what the file is for, except for what only joins others', () => {
    const silent = files
      .filter((file) => !/(?:^|\/)(?:index|main)\.ts$/.test(file))
      .filter((file) => !isFileDescribed(file));
    expect(silent).to.deep.equal([]);
  });

  it('no file evaluates code from strings, or uses what a CommonJS build could not have', () => {
    const forbidden = /\bnew Function\b|\beval\b|\bimport\.meta\b|^(?:const .* = )?await /m;
    const wrong = files.filter((file) => forbidden.test(readFileSync(join(lib, file), 'utf8')));
    // Why it may: a bundler loses a file that a thread is started from, and its program is a text that the build makes.
    expect(wrong).to.deep.equal(['server/thread/metrics-thread.ts']);
  });
});
