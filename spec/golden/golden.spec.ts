import { expect } from 'chai';
import { changedLines, Golden } from './golden.js';

describe('A comparison with a golden file', () => {
  it('shows the lines that were removed and added, and no others', () => {
    expect(changedLines('a\nb\nc\nd\n', 'a\nB\nc\nd\ne\n')).to.equal('2 - b\n2 + B\n5 + e');
  });

  it('shows at most 30 of the lines that differ', () => {
    const many = Array.from({ length: 40 }, (_, i) => `line ${i}\n`).join('');
    expect(changedLines('', many).split('\n')).to.have.length(31);
  });

  it('fails where the file does not exist', function () {
    if (process.env['UPDATE_GOLDEN'] === '1') this.skip();
    expect(() => new Golden('').compare('no-such-file.txt', 'text')).to.throw('no-such-file.txt does not exist');
  });
});
