import { expect } from 'chai';
import { SharedRuns } from '../../lib/async/shared-runs.js';

/** Work whose runs end when the spec says so. */
class Work {
  readonly ends: ((result: string) => void)[] = [];
  readonly claims: boolean[] = [];

  readonly run = async (claim: () => boolean): Promise<string> => {
    const result = await new Promise<string>((resolve) => {
      this.ends.push(resolve);
    });
    this.claims.push(claim());
    return result;
  };
}

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    ({ message }) => message,
  );

describe('SharedRuns', () => {
  const key = {};
  let runs: SharedRuns;
  let work: Work;

  beforeEach(() => {
    runs = new SharedRuns();
    work = new Work();
  });

  it('runs the work once for callers at the same time, and anew for the next one', async () => {
    const both = Promise.all([runs.join(key, work.run, 60), runs.join(key, work.run, 30)]);
    work.ends[0]?.('first');
    expect(await both).to.deep.equal(['first', 'first']);
    const third = runs.join(key, work.run, 60);
    work.ends[1]?.('second');
    expect(await third).to.equal('second');
  });

  it('lets each caller wait for the same run as long as its own limit says', async () => {
    const patient = runs.join(key, work.run, 60);
    expect(await messageOf(runs.join(key, work.run, 0.1))).to.equal('it took longer than 0.1 s');
    work.ends[0]?.('late');
    expect(await patient).to.equal('late');
    expect(work.ends).to.have.length(1);
  });

  it('starts the work anew for a caller whose limit the run before has passed', async () => {
    await messageOf(runs.join(key, work.run, 0.01));
    const next = runs.join(key, work.run, 0.01);
    work.ends[1]?.('second');
    expect(await next).to.equal('second');
  });

  it('lets the result of an older run be used only until a later run has one', async () => {
    const patient = runs.join(key, work.run, 60);
    await messageOf(runs.join(key, work.run, 0.01));
    const next = runs.join(key, work.run, 0.01);
    work.ends[1]?.('second');
    await next;
    work.ends[0]?.('first');
    expect(await patient).to.equal('first');
    expect(work.claims).to.deep.equal([true, false]);
  });

  it('starts work that hangs each time less and less often, and says why it waits no longer', async () => {
    const refusals: string[] = [];
    for (let i = 0; i < 40; i++) refusals.push(await messageOf(runs.join(key, work.run, 0.005)));
    expect(work.ends.length).to.be.within(2, 25);
    expect(refusals.filter((one) => /^\d+ earlier runs of it have not ended$/.test(one))).to.not.have.length(0);
    for (const end of work.ends) end('late');
    await Promise.resolve();
  });

  it('starts the work again once runs that hung have ended', async () => {
    while (!/have not ended/.test(await messageOf(runs.join(key, work.run, 0.005))));
    for (const end of work.ends.splice(0)) end('late');
    // Why: the runs end after their work, in the turns that follow.
    await new Promise(setImmediate);
    const next = runs.join(key, work.run, 60);
    work.ends[0]?.('again');
    expect(await next).to.equal('again');
  });

  it('rejects as work that throws at once, or later, and keeps no run of it', async () => {
    const fail = (): never => {
      throw new Error('at once');
    };
    expect(await messageOf(runs.join(key, fail, 60))).to.equal('at once');
    const reject = async (): Promise<never> => {
      await undefined;
      throw new Error('later');
    };
    expect(await messageOf(runs.join(key, reject, 60))).to.equal('later');
    expect(runs.isRunning(key)).to.equal(false);
  });

  it('leaves no rejection unhandled when work fails after its last caller has left', async () => {
    let fail: (reason: Error) => void = () => undefined;
    const failing = () =>
      new Promise<never>((_, reject) => {
        fail = reject;
      });
    await messageOf(runs.join(key, failing, 0.005));
    fail(new Error('too late for anybody'));
    await new Promise(setImmediate);
    expect(runs.isRunning(key)).to.equal(false);
  });

  it('makes promises of the process slower only while somebody waits for a run', async () => {
    // Why symbols: Node 20 and 22 keep some on every promise while an AsyncLocalStorage is in use, and they cost time.
    const countSymbols = () => Object.getOwnPropertySymbols(Promise.resolve()).length;
    const before = countSymbols();
    await messageOf(runs.join(key, () => new Promise(() => undefined), 0.005));
    await runs.join({}, () => 1, 60);
    expect(countSymbols()).to.equal(before);
  });

  describe('asked from inside a run', () => {
    it('knows it before and after an await, in timers, and in what the run has called', async () => {
      const inside: boolean[] = [];
      await runs.join(
        key,
        async () => {
          inside.push(runs.isInside);
          await undefined;
          inside.push(runs.isInside);
          await new Promise((resolve) => setTimeout(resolve, 1));
          inside.push(runs.isInside);
        },
        60,
      );
      expect(inside).to.deep.equal([true, true, true]);
      expect(runs.isInside).to.equal(false);
    });

    it('tells its own runs from those of others, also where one has started the other', async () => {
      const others = new SharedRuns();
      const inside: [boolean, boolean][] = [];
      const note = () => inside.push([runs.isInside, others.isInside]);
      await runs.join(
        key,
        async () => {
          note();
          await others.join(key, note, 60);
          note();
        },
        60,
      );
      expect(inside).to.deep.equal([
        [true, false],
        [true, true],
        [true, false],
      ]);
    });

    it('does not count what a run has left behind once it has ended', async () => {
      let ask: () => void = () => undefined;
      const answer = new Promise<boolean>((resolve) => {
        ask = () => resolve(runs.isInside);
      });
      await runs.join(key, () => void setTimeout(() => ask(), 5), 60);
      expect(await answer).to.equal(false);
    });
  });
});
