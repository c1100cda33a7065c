import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { catalogue, type Family } from 'flowplane-metrics';
import { libraryRules } from '../../lib/alerting/library-rules.js';
import type { RuleGroup } from '../../lib/alerting/rule-group.js';
import { checkExpressions } from '../../lib/check/check-expressions.js';
import { KnownNames } from '../../lib/check/known-names.js';
import { addLibraryFamilies, addProcessFamilies } from '../../lib/check/library-families.js';
import { loadGrammar } from '../../lib/check/promql/grammar.js';
import { readJson } from '../../lib/check/sources/json-source.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';
import { latency, orders, rulesOf } from '../alerting/objectives.js';

const reference = fileURLToPath(new URL('../../../docs/reference/metrics.md', import.meta.url));

async function check(groups: readonly RuleGroup[], families: readonly Family[]) {
  const names = new KnownNames([]);
  names.addDeclared(catalogue(families));
  addLibraryFamilies(names);
  addProcessFamilies(names);
  const text = JSON.stringify({ groups });
  const expressions = findExpressions({ path: 'rules.json', text, documents: [readJson(text)] });
  expect(expressions).to.have.length(groups.flatMap(({ rules }) => rules).length);
  return checkExpressions(expressions, { names, grammar: await loadGrammar(), scrapeSeconds: 15 });
}

describe('The check of rules', () => {
  it('knows every metric of the library that the reference lists', () => {
    const names = new KnownNames([]);
    addLibraryFamilies(names);
    const listed = readFileSync(reference, 'utf8').matchAll(/^\| `(flowplane_metrics_\w+)` \|/gm);
    const all = Array.from(listed, ([, name]) => name as string);
    expect(all).to.have.length.above(15);
    expect(all.filter((name) => names.findFamily(name) === undefined)).to.deep.equal([]);
  });
});

describe('The rules that the library writes', () => {
  it('pass its own check without a remark: those about itself', async () => {
    expect(await check([libraryRules], [])).to.deep.equal([]);
  });

  it('pass its own check without a remark: those of objectives', async () => {
    expect(await check([rulesOf(orders), rulesOf(latency)], [orders, latency])).to.deep.equal([]);
  });
});
