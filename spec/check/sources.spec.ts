import { expect } from 'chai';
import type { FoundExpression } from '../../lib/check/sources/found-expression.js';
import { readJson } from '../../lib/check/sources/json-source.js';
import { loadYamlReader } from '../../lib/check/sources/yaml-source.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';

const describeFound = ({ title, text, locate }: FoundExpression): string => `${locate(0).line} ${title}: ${text}`;

async function findInYaml(text: string): Promise<string[]> {
  const documents = (await loadYamlReader())(text);
  return findExpressions({ path: 'rules.yml', text, documents }).map(describeFound);
}

function findInJson(dashboard: object): string[] {
  const text = JSON.stringify(dashboard);
  return findExpressions({ path: 'dashboard.json', text, documents: [readJson(text)] }).map(({ text }) => text);
}

describe('Files with expressions', () => {
  it('the check reads rules that merge another one as Prometheus does', async () => {
    const found = await findInYaml(
      [
        'groups:',
        '  - name: g',
        '    rules:',
        '      - &one',
        '        alert: A',
        '        expr: a > 1',
        '      - <<: *one',
        '        alert: B',
        '      - &two { expr: b > 2 }',
        '      - alert: C',
        '        <<: [*two, *one]',
        '      - { alert: D, expr: d > 4, <<: *one }',
      ].join('\n'),
    );
    expect(found).to.deep.equal([
      '6 alert A: a > 1',
      '6 alert B: a > 1',
      '9 alert : b > 2',
      '9 alert C: b > 2',
      '12 alert D: d > 4',
    ]);
  });

  it('each character of an expression has its place, however the text is quoted and broken into lines', async () => {
    const written = ['"sum(a)\\n  or\\', '  \\  rate(b\\', '  [5m])', '', '  \\t> 1"'];
    const broken = ['groups:', '- rules:', '  - alert: A', `    expr: ${written.join('\n    ')}`].join('\n');
    const lines = broken.split('\n');
    const [found] = findExpressions({ path: 'r.yml', text: broken, documents: (await loadYamlReader())(broken) });
    const characters = [...(found?.text ?? '')];
    expect(characters.join('')).to.match(/^sum\(a\)\s+or\s+rate\(b\[5m\]\)\s+> 1$/);
    const placed = characters.map((character, offset) => {
      const { line = 0, column = 0 } = found?.locate(offset) ?? {};
      return /\s/.test(character) ? character : lines[line - 1]?.[column - 1];
    });
    expect(placed.join('')).to.equal(characters.join(''));
  });

  it('the check leaves out a data source of another type, however its variable is written', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of Grafana.
    const written = ['$logs', '${logs}', '${logs:raw}', '[[logs]]', '[[logs:raw]]'];
    const targets = written.map((uid) => ({ datasource: { uid }, expr: `{app="${uid}"} |= "error"` }));
    const list = [{ type: 'datasource', name: 'logs', query: 'loki' }];
    expect(findInJson({ templating: { list }, panels: [{ type: 'logs', targets }] })).to.deep.equal([]);
  });
});
