import { expect } from 'chai';
import {
  checkFields,
  checkInTurn,
  checkOptions,
  checkValue,
  countRule,
  flagRule,
  isCount,
  isListOf,
  isText,
  type Rule,
} from '../lib/validation.js';

const messages = (problems: readonly { readonly message: string }[]): string[] =>
  problems.map(({ message }) => message);
const count = countRule('Leave it out for 10');

describe('Validation of options', () => {
  it('accepts a value that was left out, unless the rule requires one', () => {
    expect(checkValue('"limit"', count, undefined)).to.deep.equal([]);
    expect(checkValue('"limit"', { ...count, isRequired: true }, undefined)).to.deep.equal([
      {
        code: 'illegal_option',
        message: '"limit" must be a whole number above 0 (given undefined). Leave it out for 10.',
      },
    ]);
  });

  it('says what a value must be, what was given and what to do', () => {
    expect(messages(checkValue('"limit"', count, 1.5))).to.deep.equal([
      '"limit" must be a whole number above 0 (given 1.5). Leave it out for 10.',
    ]);
    expect(messages(checkValue('"strict"', flagRule(), 'yes'))).to.deep.equal([
      '"strict" must be true or false (given "yes"). Correct or remove it.',
    ]);
  });

  it('never shows a secret, and shows other values as the rule says', () => {
    const key: Rule = { must: 'be a text', accepts: isText };
    expect(messages(checkValue('"key"', { ...key, isSecret: true }, 7_654_321))[0]).to.contain(
      '(given something else)',
    );
    expect(messages(checkValue('"key"', { ...key, show: (value) => typeof value }, 7_654_321))[0]).to.contain(
      '(given number)',
    );
  });

  it('uses the code of the rule', () => {
    expect(checkValue('label "a"', { ...count, code: 'illegal_label' }, 0)[0]).to.have.property(
      'code',
      'illegal_label',
    );
  });

  it('checks every field that has a rule, each under its name', () => {
    expect(messages(checkFields({ a: 0, b: true, c: 'ignored' }, { a: count, b: count }, 'label "x": '))).to.deep.equal(
      [
        'label "x": "a" must be a whole number above 0 (given 0). Leave it out for 10.',
        'label "x": "b" must be a whole number above 0 (given true). Leave it out for 10.',
      ],
    );
  });

  it('reports only the first rule that is broken where one presumes the other', () => {
    const list: Rule = { must: 'be a list', accepts: Array.isArray };
    const short: Rule = { must: 'be short', accepts: (value) => (value as unknown[]).length < 2 };
    expect(messages(checkInTurn('"x"', [list, short], 7))).to.deep.equal([
      '"x" must be a list (given 7). Correct or remove it.',
    ]);
    expect(messages(checkInTurn('"x"', [list, short], [1, 2]))).to.deep.equal([
      '"x" must be short (given [1, 2]). Correct or remove it.',
    ]);
    expect(checkInTurn('"x"', [list, short], [1])).to.deep.equal([]);
    expect(checkInTurn('"x"', [list, short], undefined)).to.deep.equal([]);
  });

  for (const options of [null, 7, 'text', []]) {
    it(`refuses ${JSON.stringify(options)} where options are expected`, () => {
      expect(messages(checkOptions(options, {}))[0]).to.match(
        /^the options must be an object \(given .*\)\. Leave them out, or write \{ … \}\.$/,
      );
    });
  }

  it('reports every unknown option with the names that exist', () => {
    expect(checkOptions({ limt: 1, limit: 0 }, { limit: count })).to.deep.equal([
      { code: 'unknown_option', message: 'option "limt" is unknown (known: limit). Correct or remove it.' },
      { code: 'illegal_option', message: '"limit" must be a whole number above 0 (given 0). Leave it out for 10.' },
    ]);
  });

  it('counts only safe whole numbers above 0, and lists only with something in them', () => {
    expect([1, 2 ** 53 - 1].every(isCount)).to.equal(true);
    expect([0, -1, 1.5, 2 ** 53, Number.NaN, Infinity, '1', 1n].some(isCount)).to.equal(false);
    expect(isListOf(isText)(['a'])).to.equal(true);
    expect([[], ['a', ''], 'a', undefined].some(isListOf(isText))).to.equal(false);
  });
});
