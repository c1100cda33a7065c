import { expect } from 'chai';
import { runMocha } from './run-mocha.js';

const rejection = "Promise.reject(new Error('nobody handles this'));";
const wait = 'await new Promise((settle) => setTimeout(settle, 5));';

/** Tests that pass, though they leave a rejection unhandled. */
const suites: Readonly<Record<string, string>> = {
  'in the last turn of a test': `it('a test', () => { ${rejection} });`,
  'in the middle of a test': `it('a test', async () => { ${rejection} ${wait} });`,
  'between two tests': `it('a test', () => { setTimeout(() => { ${rejection} }); }); it('b', async () => { ${wait} });`,
  'in a hook': `describe('a suite', () => { after(() => { ${rejection} }); it('a test', () => undefined); });`,
  'while the file is loaded': `${rejection} it('a test', () => undefined);`,
};

describe('The root hook for unhandled rejections', () => {
  for (const config of ['.mocharc.json', '.mocharc.servers.json']) {
    it(`fails a run with ${config} where passing tests leave rejections unhandled, and names each test`, () => {
      const { status, printed } = runMocha(config, Object.values(suites));
      expect(status, printed).to.be.above(0);
      expect(printed.match(/nobody handles this/g)).to.have.length.of.at.least(Object.keys(suites).length);
      expect(printed).to.contain('a test: Error: nobody handles this');
    });
  }

  for (const parallel of [false, true]) {
    it(`fails a run ${parallel ? 'with' : 'without'} workers where a rejection comes after the last test`, () => {
      const late = `it('a test', () => { setTimeout(() => { ${rejection} }); });`;
      const { status, printed } = runMocha('.mocharc.json', [late], { parallel });
      expect(status, printed).to.be.above(0);
      expect(printed).to.contain('nobody handles this');
    });
  }

  it('lets a run pass whose tests handle what is rejected', () => {
    const handled = `it('a test', async () => { await ${rejection.replace(';', '')}.catch(() => undefined); });`;
    expect(runMocha('.mocharc.json', [handled])).to.include({ status: 0 });
  });
});
