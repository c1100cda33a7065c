import { expect } from 'chai';
import { checkExpressions, type FoundFault } from '../../lib/check/check-expressions.js';
import { KnownNames } from '../../lib/check/known-names.js';
import { loadGrammar } from '../../lib/check/promql/grammar.js';
import { readJson } from '../../lib/check/sources/json-source.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';

async function check(...expressions: readonly string[]): Promise<FoundFault[]> {
  const names = new KnownNames([]);
  names.addNames(['queue_depth']);
  const text = JSON.stringify({ groups: [{ rules: expressions.map((expr) => ({ record: 'a', expr })) }] });
  const found = findExpressions({ path: 'rules.json', text, documents: [readJson(text)] });
  return checkExpressions(found, { names, grammar: await loadGrammar(), scrapeSeconds: 15 });
}

const chain = (operator: string, count: number, last = 'queue_depth'): string =>
  [...Array<string>(count).fill('queue_depth'), last].join(` ${operator} `);

const nested = (before: string, after: string, count: number): string =>
  `${before.repeat(count)}queue_depth${after.repeat(count)}`;

/** Texts of each kind of nesting, which Prometheus reads. */
const deep: Readonly<Record<string, (count: number) => string>> = {
  'operators in a row': (count) => chain('or', count),
  'operators that bind from the right': (count) => chain('^', count),
  parentheses: (count) => nested('(', ')', count),
  signs: (count) => nested('- ', '', count),
  'calls of functions': (count) => nested('abs(', ')', count),
  aggregations: (count) => nested('sum(', ')', count),
  subqueries: (count) => nested('max_over_time(', '[1h:1m])', count),
};

describe('The check of an expression that nests deep', () => {
  for (const [what, write] of Object.entries(deep)) {
    it(`judges a hundred levels, and calls no number of them wrong: ${what}`, async () => {
      expect(await check(write(100))).to.deep.equal([]);
      for (const count of [260, 490, 550, 2900]) {
        const faults = await check(write(count));
        const messages = faults.map(({ severity, kind, message }) => `${severity} ${kind}: ${message}`);
        const tooDeep =
          /^remark syntax: the expression is not checked, as its operators.* nest too deep\. Record a part/;
        expect(messages.join('\n'), String(count)).to.match(faults.length === 0 ? /^$/ : tooDeep);
        if (count === 2900) expect(faults).to.have.length(1);
      }
    });
  }

  it('finds a wrong name at its innermost level', async () => {
    const faults = await check(chain('+', 200, 'queue_dept'));
    expect(faults.map(({ kind, nearest }) => `${kind} ${nearest}`)).to.deep.equal(['unknown-name queue_depth']);
  });

  it('follows rules that read one another as far as its stack goes, and calls none of them wrong', async () => {
    const names = new KnownNames([]);
    names.addNames(['queue_depth']);
    const rules = Array.from({ length: 3000 }, (_, i) => ({ record: `r${i}`, expr: `r${i + 1} + 1` }));
    const text = JSON.stringify({ groups: [{ rules: [...rules, { record: 'r3000', expr: 'queue_depth' }] }] });
    const found = findExpressions({ path: 'rules.json', text, documents: [readJson(text)] });
    const grammar = await loadGrammar();
    expect(checkExpressions(found, { names, grammar, scrapeSeconds: 15 })).to.deep.equal([]);
  });

  it('calls a mistake wrong where there are few levels', async () => {
    const faults = await check(`${chain('or', 100)} or`);
    expect(faults.map(({ severity, kind }) => `${severity} ${kind}`)).to.deep.equal(['error syntax']);
  });
});
