import { expect } from 'chai';
import { checkExpressions, type FoundFault } from '../../lib/check/check-expressions.js';
import { KnownNames } from '../../lib/check/known-names.js';
import { loadGrammar } from '../../lib/check/promql/grammar.js';
import { readJson } from '../../lib/check/sources/json-source.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';
import { accepted, refused } from './type-mistakes.js';

async function check(...expressions: readonly string[]): Promise<FoundFault[]> {
  const names = new KnownNames([]);
  names.addNames(['logins_total', 'queue_depth']);
  const text = JSON.stringify({ groups: [{ rules: expressions.map((expr) => ({ alert: 'A', expr })) }] });
  const found = findExpressions({ path: 'rules.json', text, documents: [readJson(text)] });
  return checkExpressions(found, { names, grammar: await loadGrammar(), scrapeSeconds: 15 });
}

describe('The check of types', () => {
  for (const [text, message] of refused) {
    it(`refuses what Prometheus refuses: ${text}`, async () => {
      const faults = await check(text);
      expect(faults.map(({ kind, severity }) => `${severity} ${kind}`)).to.include('error syntax');
      expect(faults.find(({ kind }) => kind === 'syntax')?.message).to.contain(message);
    });
  }

  it('takes what Prometheus takes', async () => {
    expect(await check(...accepted)).to.deep.equal([]);
  });

  it('knows a function by the name that Prometheus 2 has for it', async () => {
    const [fault, ...others] = await check(
      'holt_winters(queue_depth[1h], 0.5, 0.5) > 3',
      'holt_winters(queue_depth, 0.5, 0.5) > 3',
    );
    expect(others).to.deep.equal([]);
    expect(fault?.message).to.contain('holt_winters() needs a range of samples');
  });

  it('does not judge what a variable of Grafana stands for', async () => {
    const names = new KnownNames([]);
    const panels = [
      'rate($metric) > 3',
      '$f(queue_depth[5m])',
      '$function(queue_depth[5m])',
      'topk($count(queue_depth), queue_depth)',
      'sum($metric) or $limit',
    ];
    names.addNames(['queue_depth']);
    const text = JSON.stringify({ panels: panels.map((expr) => ({ targets: [{ expr }] })) });
    const found = findExpressions({ path: 'dashboard.json', text, documents: [readJson(text)] });
    expect(checkExpressions(found, { names, grammar: await loadGrammar(), scrapeSeconds: 15 })).to.deep.equal([]);
  });
});
