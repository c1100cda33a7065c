import { expect } from 'chai';
import { catalogue } from '../../lib/catalogue/catalogue.js';
import { checkExpressions } from '../../lib/check/check-expressions.js';
import { KnownNames } from '../../lib/check/known-names.js';
import { loadGrammar } from '../../lib/check/promql/grammar.js';
import { loadYamlReader } from '../../lib/check/sources/yaml-source.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';
import { defineCounter } from '../../lib/index.js';

const denied = defineCounter({ name: 'denied_total', help: 'Denied', labels: { team: {}, reason: { oneOf: ['a'] } } });

const rules = Array.from(
  { length: 1000 },
  (_, i) => `      - alert: A${i}
        expr: |-
          sum by (team) (
            rate(denied_total{team="x",reason=~"a|b"}[5m])
          ) > ${i + 1}
        annotations: { summary: "{{ $labels.team }} is denied" }
`,
).join('');

describe('The check of a thousand expressions', () => {
  it('takes less time than to read the YAML that they stand in, and half as much again', async () => {
    const text = `groups:\n  - name: a\n    rules:\n${rules}`;
    const readYaml = await loadYamlReader();
    const grammar = await loadGrammar();
    const names = new KnownNames([]);
    names.addDeclared(catalogue([denied]));
    const measure = (): number => {
      const start = process.cpuUsage();
      const documents = readYaml(text);
      const read = process.cpuUsage(start).user;
      const expressions = findExpressions({ path: 'rules.yml', text, documents });
      expect(checkExpressions(expressions, { names, grammar, scrapeSeconds: 15 })).to.deep.equal([]);
      const all = process.cpuUsage(start).user;
      expect(expressions).to.have.length(1000);
      return (all - read) / read;
    };
    // Why the least of five: what else runs on the machine, or collects garbage, takes time from the one or the other.
    expect(Math.min(...Array.from({ length: 5 }, measure))).to.be.below(1.5);
  });
});
