import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { catalogue } from '../../lib/catalogue/catalogue.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';
import { defineCounter, defineGauge, defineHistogram } from '../../lib/index.js';
import { checkExpressions } from '../../lib/rules/check-expressions.js';
import { type FaultKind, faultKinds } from '../../lib/rules/faults.js';
import { KnownNames } from '../../lib/rules/known-names.js';
import { addLibraryFamilies } from '../../lib/rules/library-families.js';
import { loadGrammar } from '../../lib/rules/promql/grammar.js';
import { readJson } from '../../lib/rules/sources/json-source.js';
import { loadYamlReader } from '../../lib/rules/sources/yaml-source.js';

const folder = fileURLToPath(new URL('../../../spec/rules/planted/', import.meta.url));

/** What the planted expressions are about. */
const declared = catalogue([
  defineCounter({
    name: 'auth_denied_total',
    help: 'Denied access',
    labels: { team: { limit: 50 }, reason: { oneOf: ['expired', 'revoked', 'malformed'] } },
  }),
  defineCounter({ name: 'logins_total', help: 'Logins', labels: { method: { oneOf: ['password', 'sso'] } } }),
  defineCounter({ name: 'mails_sent_total', help: 'Mails', labels: { tenant: {} } }),
  defineGauge({ name: 'queue_depth', help: 'Waiting jobs', labels: { queue: { oneOf: ['mail', 'push'] } } }),
  defineHistogram({
    name: 'job_duration_seconds',
    help: 'Jobs',
    labels: { job_type: { oneOf: ['import', 'export'] } },
    buckets: [0.1, 0.5, 1, 5],
  }),
  defineHistogram({ name: 'upload_bytes', help: 'Uploads', buckets: [1024, 4096] }),
]);

/** A fault at its place. */
interface Planted {
  readonly kind: FaultKind;
  readonly line: number;
  readonly column: number;
}

/** Takes the marks out of a text; gives the text without them, and what they mark. */
function takeMarks(marked: string): { readonly text: string; readonly planted: readonly Planted[] } {
  const planted: Planted[] = [];
  const lines = marked.split('\n').map((line, i) => {
    let plain = '';
    for (const part of line.split(/(«[^»]*»)/)) {
      if (!part.startsWith('«')) plain += part;
      else planted.push({ kind: part.slice(1, -1) as FaultKind, line: i + 1, column: plain.length + 1 });
    }
    return plain;
  });
  return { text: lines.join('\n'), planted };
}

const files = readdirSync(folder).map((path) => ({ path, ...takeMarks(readFileSync(join(folder, path), 'utf8')) }));

async function check(path: string, text: string) {
  const names = new KnownNames(['namespace', 'pod']);
  names.addDeclared(declared);
  addLibraryFamilies(names);
  const documents = path.endsWith('.json') ? [readJson(text)] : (await loadYamlReader())(text);
  const context = { names, grammar: await loadGrammar(), scrapeSeconds: 15 };
  return checkExpressions(findExpressions({ path, text, documents }), context);
}

const inOrder = (found: readonly Planted[]) =>
  found.map(({ kind, line, column }) => `${line}:${column} ${kind}`).sort();

describe('Planted faults', () => {
  for (const { path, text, planted } of files) {
    it(`the check finds those in ${path} at their line and column, and nothing else`, async () => {
      expect(inOrder(await check(path, text))).to.deep.equal(inOrder(planted));
    });
  }

  it('the files have 60 faults or more, and three or more of each kind', () => {
    const all = files.flatMap(({ planted }) => planted);
    const counts = Object.keys(faultKinds).map((kind) => [kind, all.filter((one) => one.kind === kind).length]);
    expect(all).to.have.length.at.least(60);
    expect(counts.filter(([, count]) => Number(count) < 3)).to.deep.equal([]);
  });

  it('the severity of each is that of its kind, as all of them are about what the code declares', async () => {
    const found = (await Promise.all(files.map(({ path, text }) => check(path, text)))).flat();
    expect(found.filter(({ kind, severity }) => severity !== faultKinds[kind].severity)).to.deep.equal([]);
  });
});
