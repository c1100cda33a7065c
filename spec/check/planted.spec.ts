import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { catalogue } from '../../lib/catalogue/catalogue.js';
import { checkExpressions, type FoundFault } from '../../lib/check/check-expressions.js';
import { type FaultKind, faultKinds } from '../../lib/check/faults.js';
import { KnownNames } from '../../lib/check/known-names.js';
import { addLibraryFamilies, addProcessFamilies } from '../../lib/check/library-families.js';
import { loadGrammar } from '../../lib/check/promql/grammar.js';
import { readJson } from '../../lib/check/sources/json-source.js';
import { loadYamlReader } from '../../lib/check/sources/yaml-source.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';
import { noteDeclarations } from '../../lib/families/declaration-places.js';
import { defineCounter, defineGauge, defineHistogram } from '../../lib/index.js';

const folder = fileURLToPath(new URL('../../../spec/check/planted/', import.meta.url));

/** Where each family below is declared, as the command finds it. */
const places = noteDeclarations();

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
  /** The right name that is nearest. */
  readonly nearest: string | undefined;
  /** The family that it is about, where code declares that. */
  readonly family: string | undefined;
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
      else planted.push({ ...readMark(part), line: i + 1, column: plain.length + 1 });
    }
    return plain;
  });
  return { text: lines.join('\n'), planted };
}

/** Reads a mark: «kind», «kind nearest», «kind @family» or «kind nearest @family». */
function readMark(mark: string): Pick<Planted, 'kind' | 'nearest' | 'family'> {
  const [, kind, nearest, family] = /^«([\w-]+)(?: ([^@ »]+))?(?: @([^ »]+))?»$/.exec(mark) ?? [];
  return { kind: kind as FaultKind, nearest, family };
}

const files = readdirSync(folder).map((path) => ({ path, ...takeMarks(readFileSync(join(folder, path), 'utf8')) }));

async function check(path: string, text: string) {
  const names = new KnownNames(['namespace', 'pod']);
  names.addDeclared(declared, { places: Object.fromEntries(places) });
  addLibraryFamilies(names);
  addProcessFamilies(names, 'prom-client is not installed');
  const documents = path.endsWith('.json') ? [readJson(text)] : (await loadYamlReader())(text);
  const context = { names, grammar: await loadGrammar(), scrapeSeconds: 15 };
  return checkExpressions(findExpressions({ path, text, documents }), context);
}

const checkAll = async () => (await Promise.all(files.map(({ path, text }) => check(path, text)))).flat();

const describePlanted = ({ kind, line, column, nearest, family }: Planted): string =>
  `${line}:${column} ${kind}, nearest ${nearest}, declared at ${family && places.get(family)}`;

const describeFound = ({ kind, line, column, nearest, declaredAt }: FoundFault): string =>
  `${line}:${column} ${kind}, nearest ${nearest}, declared at ${declaredAt}`;

/** What the message of each kind of fault says to do. */
const cures: Readonly<Record<FaultKind, RegExp>> = {
  syntax:
    /Correct it$|Write a range behind it, such as \[5m\]$|Write them behind each selector|Write it as vector\(…\)$/,
  'unknown-name':
    /Did you mean \S+\?$|Use \w+(?:, \w+ or \w+)?$|Correct the pattern, or name other metrics with --external$/,
  'unknown-label': /\(given [\w, ]+\)\. (?:Did you mean \w+\?|Use one of these)$/,
  'impossible-matcher': /\(given .+\)\. (?:Did you mean "[\w.]+"\?|Use one of these)$|Remove one of them$/,
  'rate-of-gauge': /Use (?:delta|deriv)\(\)$/,
  'quantile-of-no-histogram': /Use job_duration_seconds_bucket$|Use a histogram, or quantile\(\)$/,
  'quantile-without-le': /Write by \((?:\w+, )*le\)$/,
  'sides-never-match':
    /Add on \(…\) or ignoring \(\w+\), or aggregate both|Add ignoring \(method\), or aggregate it away$/,
  'counter-compared': /Compare increase\(…\[5m\]\) or rate\(…\[5m\]\)$/,
  'bare-counter': /Use rate\(…\[5m\]\) or increase\(…\[5m\]\)$/,
  'quantile-beyond-buckets': /the last bound is 5\)\. Compare with less, or add buckets$/,
  'absent-of-present': /Use absent\(up\{job="…"\}\) or up == 0$|Leave out what fills the gap$/,
  'short-window': /Use \[1m\] or more$/,
  'growth-of-sum': /Write sum\((?:rate|increase)\((?:logins_total|auth_denied_total|upload_bytes_bucket)\[…\]\)\)$/,
  'delta-of-counter': /Use increase\(\)$/,
  'label-not-left': /Keep it in the expression, or leave it out of the text$/,
  'absent-process-metric':
    /Install prom-client and set processMetrics: true, or name the metrics of others with --external$/,
  // Either cure does: series that are at 0 from the start, or a comparison with what was there.
  'first-event-unseen': /Declare "initial", so that they start at 0, or add: or \((\w+) unless \1 offset 5m\) > 0$/,
};

describe('Planted faults', () => {
  for (const { path, text, planted } of files) {
    it(`the check finds those in ${path} at their line and column, with nearest name and declaration, and nothing else`, async () => {
      const found = await check(path, text);
      expect(found.map(describeFound).sort()).to.deep.equal(planted.map(describePlanted).sort());
    });
  }

  it('the files have 60 faults or more, and three or more of each kind', () => {
    const all = files.flatMap(({ planted }) => planted);
    const counts = Object.keys(faultKinds).map((kind) => [kind, all.filter((one) => one.kind === kind).length]);
    expect(all).to.have.length.at.least(60);
    expect(counts.filter(([, count]) => Number(count) < 3)).to.deep.equal([]);
  });

  it('the message of each says what to do about it', async () => {
    const found = await checkAll();
    const without = found.filter(({ kind, message }) => !cures[kind].test(message));
    expect(without.map(({ kind, message }) => `${kind}: ${message}`)).to.deep.equal([]);
  });

  it('the line of code that is named for each declares the family', () => {
    const about = new Set(files.flatMap(({ planted }) => planted.flatMap(({ family }) => family ?? [])));
    expect([...about].sort()).to.deep.equal(declared.map(({ name }) => name));
    for (const family of about) {
      const [, file = '', line] = /^(file:.*):(\d+):\d+$/.exec(places.get(family) ?? '') ?? [];
      const lines = readFileSync(fileURLToPath(file), 'utf8')
        .split('\n')
        .slice(Number(line) - 1);
      expect(lines[0]).to.match(/\bdefine(?:Counter|Gauge|Histogram)\(/);
      expect(lines.slice(0, 2).join('')).to.contain(`name: '${family}'`);
    }
  });

  it('the severity of each is that of its kind, as all of them are about what the code declares', async () => {
    const found = await checkAll();
    expect(found.filter(({ kind, severity }) => severity !== faultKinds[kind].severity)).to.deep.equal([]);
  });
});
