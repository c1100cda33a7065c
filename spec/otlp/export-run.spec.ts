import { expect } from 'chai';
import { ExportRun } from '../../lib/otlp/export-run.js';

describe('An export over OTLP that takes several requests', () => {
  it('says why points were rejected, also where another answer is not understood', () => {
    const rejected = { rejectedPoints: 3, remark: 'too old', isUnderstood: true };
    const garbled = { rejectedPoints: 0, remark: '', isUnderstood: false };
    for (const verdicts of [
      [rejected, garbled],
      [garbled, rejected],
    ]) {
      const run = new ExportRun(0, { url: new URL('http://host'), headers: {} });
      for (const verdict of verdicts) run.accept(verdict, 10);
      expect(run.state).to.equal('partial');
      expect(run.result()).to.deep.equal({
        ...{ result: 'partial', rejectedPoints: 3, reason: '3 points rejected: "too old"' },
      });
    }
  });
});
