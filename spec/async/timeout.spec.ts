import { expect } from 'chai';
import { withTimeout } from '../../lib/async/timeout.js';

const never = new Promise<never>(() => undefined);

describe('withTimeout', () => {
  it('settles as the promise does when that is in time', async () => {
    expect(await withTimeout(Promise.resolve('done'), 60, () => 'late')).to.equal('done');
    const rejected = withTimeout(Promise.reject(new Error('broken')), 60, () => 'late');
    expect(await rejected.catch(({ message }) => message)).to.equal('broken');
  });

  it('settles with what onTimeout returns or throws when the promise takes longer', async () => {
    expect(await withTimeout(never, 0.001, () => 'late')).to.equal('late');
    const rejected = withTimeout(never, 0.001, () => {
      throw new Error('too late');
    });
    expect(await rejected.catch(({ message }) => message)).to.equal('too late');
  });

  it('waits for years where it is told to', async () => {
    const promise = new Promise((resolve) => setTimeout(resolve, 5, 'in time'));
    expect(await withTimeout(promise, 1e9, () => 'late')).to.equal('in time');
  });

  it('leaves no timer behind that keeps the process running', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    // Why: mocha starts the timer of this test once the test has returned its promise.
    await Promise.resolve();
    const before = timers();
    await withTimeout(Promise.resolve(), 60, () => undefined);
    expect(timers()).to.equal(before);
  });
});
