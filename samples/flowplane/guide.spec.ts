import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { monitoringFolder, sampleFolder } from './monitoring/paths.js';
import { documentExpressions, panelExpressions, panelsAboutTargets } from './proof/expressions.js';

const guide = readFileSync(join(sampleFolder, 'README.md'), 'utf8');
const mocha = join(dirname(createRequire(import.meta.url).resolve('mocha/package.json')), 'bin/mocha.js');

/** The table "Where each part is shown". */
const shownParts = [...guide.matchAll(/^\| (.+) \| \[[^\]]+\]\((\S+\.spec\.ts)\) \| (.+) \|$/gm)].map(
  ([, part = '', file = '', title = '']) => ({ part, file, title }),
);

/** The titles of the tests of spec files, which are loaded but not run. */
async function listTests(files: readonly string[]): Promise<string[]> {
  const compiled = files.map((file) => join('dist', file.replace(/ts$/, 'js')));
  const args = [mocha, '--no-config', '--dry-run', '--forbid-pending', '--reporter', 'json', ...compiled];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: sampleFolder, maxBuffer: 2 ** 24 });
  const { tests } = JSON.parse(stdout) as { tests: { title: string; file: string }[] };
  return tests.map(
    ({ title, file }) => `${file.slice(join(sampleFolder, 'dist/').length).replace(/js$/, 'ts')}: ${title}`,
  );
}

describe('The table "Where each part is shown" of the README', function () {
  this.timeout(120_000);

  it('names tests that exist', async () => {
    const tests = await listTests([...new Set(shownParts.map(({ file }) => file))]);
    const missing = shownParts.filter(({ file, title }) => !tests.includes(`${file}: ${title}`));
    expect(missing).to.deep.equal([]);
  });

  it('names no spec that can be skipped in CI', () => {
    // Why only needs(): under CI=true it fails instead of skipping, which proof/needs.spec.ts shows.
    const canSkip = (file: string) => /\bskip\b/.test(readFileSync(join(sampleFolder, file), 'utf8'));
    expect([...new Set(shownParts.map(({ file }) => file))].filter(canSkip)).to.deep.equal([]);
  });

  it('has a row for every arrow and port of the architecture', () => {
    const expected = [
      ...['API handlers → recorder', 'xDS service → recorder, by REST', 'xDS service → recorder, by gRPC'],
      ...['Auth middleware → recorder', 'Recorder → exporter', 'Exporter → Prometheus', 'Prometheus → Grafana'],
      ...['Exporter on port 9090', 'Prometheus on port 9091', 'Grafana on port 3000'],
      ...['Scrape every 10 s', 'Refresh every 10 s'],
      ...['`xds_team_resources_total`', '`auth_cross_team_access_attempts_total`'],
      ...['Labels', 'Cardinality', 'Security: exporter', 'Sensitive data', 'Scaling out', 'Troubleshooting'],
    ];
    expect(shownParts.map(({ part }) => part)).to.include.members(expected);
  });

  it('has a row for every expression of the architecture, the rules and the panels', () => {
    const namesIn = (file: string, key: string) => {
      const text = readFileSync(join(monitoringFolder, 'rules', file), 'utf8');
      return [...text.matchAll(new RegExp(`- ${key}: (\\S+)`, 'g'))].map(([, name]) => name);
    };
    const panels = Object.entries(panelExpressions).flatMap(([title, queries]) =>
      queries.map((_, index) => `Panel "${title}"${queries.length > 1 ? `, query ${'ABC'.charAt(index)}` : ''}`),
    );
    const expected = [
      ...Object.keys(documentExpressions).map((promql) => `Query \`${promql}\``),
      ...namesIn('recording.yml', 'record').map((name) => `Rule \`${name}\``),
      ...namesIn('alerting.yml', 'alert').map((name) => `Alert \`${name}\``),
      ...[...panels, ...panelsAboutTargets.map((title) => `Panel "${title}"`)],
    ];
    const isExpression = /^(Query|Rule|Alert|Panel) ["`]/;
    const shown = shownParts.map(({ part }) => part).filter((part) => isExpression.test(part));
    expect(shown).to.have.members(expected);
  });
});

describe('The README of the sample', () => {
  it('shows an output below every command', () => {
    const commands = guide.split('```sh\n').length - 1;
    expect(commands).to.be.above(5);
    expect(guide.match(/```sh\n[^`]*```\n```text\n/g)).to.have.length(commands);
  });

  it('links to files that exist', () => {
    for (const [, target = ''] of guide.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(() => readFileSync(join(sampleFolder, target)), target).to.not.throw('ENOENT');
    }
  });
});
