import { expect } from 'chai';
import { runMocha } from './run-mocha.js';

const suite = `
  let tries = 0;
  describe('a suite', () => {
    it('passes at once', () => undefined);
    it('passes later', () => { if (tries++ === 0) throw new Error('not yet'); });
  });`;

describe('The root hook for second tries', () => {
  for (const config of ['.mocharc.json', '.mocharc.servers.json']) {
    it(`names what passes at a second try with ${config}, and nothing else`, () => {
      const { status, printed } = runMocha(config, [suite], { retries: 1 });
      expect(status, printed).to.equal(0);
      expect(printed.match(/passed at a second try only: .*/g)).to.deep.equal([
        'passed at a second try only: a suite passes later',
      ]);
    });

    it(`has no second try with ${config} by itself`, () => {
      const { status, printed } = runMocha(config, [suite]);
      expect(status, printed).to.equal(1);
      expect(printed).to.contain('not yet').and.not.contain('second try');
    });
  }
});
