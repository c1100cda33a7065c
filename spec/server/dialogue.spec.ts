import { expect } from 'chai';
import { QuestionStates } from '../../lib/server/thread/dialogue.js';

describe('What two threads know of their questions', () => {
  it('includes each of them, also after billions', () => {
    const here = new QuestionStates();
    const there = new QuestionStates(here.shared);
    for (const id of [1, 2, 2 ** 31 - 1, 2 ** 31 + 1, 2 ** 33 + 4]) {
      expect([there.begun.has(id), there.givenUp.has(id)]).to.deep.equal([false, false]);
      here.begun.add(id);
      here.givenUp.add(id);
      expect([there.begun.has(id), there.givenUp.has(id)]).to.deep.equal([true, true]);
    }
  });
});
