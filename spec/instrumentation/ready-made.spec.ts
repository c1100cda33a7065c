import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { errorName } from '../../lib/index.js';

/** An error of a realm of its own, as code in `node:vm` throws it, and Node itself does under Jest. */
const foreign = (expression: string): unknown => runInNewContext(expression);

describe('The label errorName', () => {
  const refused = Object.assign(new Error('refused'), { name: 'Refused' });
  class Declined extends Error {
    override readonly name = 'Declined';
  }
  class Unnamed extends RangeError {}

  for (const [what, thrown, label] of [
    ['an error', new TypeError('wrong'), 'TypeError'],
    ['an error of another realm', foreign("new RangeError('far')"), 'RangeError'],
    ['a subclass of another realm', foreign("new (class Far extends Error { name = 'Far' })()"), 'Far'],
    ['an aborted signal', AbortSignal.abort().reason, 'AbortError'],
    ['an error with a name of its own', refused, 'Refused'],
    ['an error of a class that sets its name', new Declined(), 'Declined'],
    ['an error of a class that sets no name', new Unnamed(), 'RangeError'],
    ['a text', 'wrong', 'string'],
    ['an object', { name: 'Error' }, 'object'],
    ['nothing', undefined, 'undefined'],
  ] as const) {
    it(`names ${what} ${label}`, () => {
      expect(errorName.error(thrown)).to.equal(label);
    });
  }
});
