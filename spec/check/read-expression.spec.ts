import { expect } from 'chai';
import type { Expression } from '../../lib/check/promql/expression.js';
import { type Grammar, loadGrammar } from '../../lib/check/promql/grammar.js';
import { readExpression, unquote } from '../../lib/check/promql/read-expression.js';
import { replaceVariables } from '../../lib/check/promql/variables.js';

/** Writes an expression with all parentheses, so that its structure can be read. */
function spell(expression: Expression): string {
  switch (expression.type) {
    case 'binary':
      return `(${spell(expression.left)} ${expression.operator} ${spell(expression.right)})`;
    case 'shift':
      return `${spell(expression.of)}@`;
    case 'window':
      return `${spell(expression.of)}[${expression.seconds ?? '?'}]`;
    case 'unary':
      return `${expression.isNegative ? '-' : '+'}${spell(expression.of)}`;
    case 'number':
      return String(expression.value);
    case 'text':
      return `'${expression.value.text}'`;
    case 'selector':
      return expression.name?.isVariable ? '?' : (expression.name?.text ?? '{}');
    default:
      return `${expression.name.text}(${expression.args.map(spell).join(', ')})`;
  }
}

describe('An expression of PromQL', () => {
  let grammar: Grammar;

  before(async () => {
    grammar = await loadGrammar();
  });

  const read = (text: string): string => {
    const result = readExpression(replaceVariables(text), grammar);
    if ('expression' in result) return spell(result.expression);
    return 'broken' in result ? `no PromQL at ${result.broken.from}` : 'too deep';
  };

  const structures: readonly (readonly [text: string, structure: string])[] = [
    ['a unless a offset 5m', '(a unless a@)'],
    ['a and b offset 5m > 3 or c', '((a and (b@ > 3)) or c)'],
    ['a + rate(b[5m])[1h:1m]', '(a + rate(b[300])[3600])'],
    ['a + b @ 3 * c', '(a + (b@ * c))'],
    ['-a offset 5m ^ 2 ^ 3', '(-a@ ^ (2 ^ 3))'],
    ['(-a)[1h:] + -a[1h:]', '(-a[3600] + -a[3600])'],
    ['a - b - c', '((a - b) - c)'],
    [
      'a or b and c > d + e * f ^ g ^ h - i unless j',
      '(a or ((b and (c > ((d + (e * (f ^ (g ^ h)))) - i))) unless j))',
    ],
    ['a ^ b * c ^ d + e', '(((a ^ b) * (c ^ d)) + e)'],
    ['(a - (b - c)) offset 1h', '(a - (b - c))@'],
    ['1e3 > -Inf', '(1000 > -Infinity)'],
    ['5. * 0.5 > 10./2', '((5 * 0.5) > (10 / 2))'],
    ['1.e3 > 2.E-1', '(1000 > 0.2)'],
    ['label_replace(a, "b", "1. $1", "c", "2.")', "label_replace(a, 'b', '1. $1', 'c', '2.')"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
    ['a @ $__from + b @ ${__to:date:seconds}', '(a@ + b@)'],
  ];
  for (const [text, structure] of structures) {
    it(`has the structure that Prometheus sees: ${text}`, () => {
      expect(read(text)).to.equal(structure);
    });
  }

  const variables: readonly (readonly [text: string, structure: string])[] = [
    ['rate(a{b=~"$b"}[$__rate_interval])', 'rate(a[?])'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
    ['rate(a[${__range_s}s]) > $limit', '(rate(a[?]) > ?)'],
    ['rate(a[[[step]]] offset $back)', 'rate(a[?]@)'],
    ['max_over_time(a[1h:$__interval])', 'max_over_time(a[3600])'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
    ['sum by ($by) (node_${kind}_total{$filters})', 'sum(?)'],
    ['$aggregation by (a) (b)', 'sum(b)'],
    ['$f(b) + $metric', '(ln(b) + ?)'],
  ];
  for (const [text, structure] of variables) {
    it(`keeps its structure around the variables of Grafana: ${text}`, () => {
      expect(read(text)).to.equal(structure);
    });
  }

  it('says where it is no PromQL', () => {
    expect(read('sum(a[5m]')).to.equal('no PromQL at 9');
  });

  it('has the texts of its literals as Go reads them', () => {
    const literals = ['"a\\"b\\\\c"', "'it\\'s'", '`a\\b`', '"\\u00e9\\x41\\101\\n"'];
    expect(literals.map(unquote)).to.deep.equal(['a"b\\c', "it's", 'a\\b', 'éAA\n']);
  });
});
