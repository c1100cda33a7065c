import { expect } from 'chai';
import { SingleFlight, singleFlight } from '../../lib/async/single-flight.js';

describe('SingleFlight', () => {
  it('runs the work of a key once for all calls that come before it has settled', async () => {
    const flights = new SingleFlight<string, number>();
    let runs = 0;
    const work = async () => {
      runs++;
      await Promise.resolve();
      return runs;
    };
    expect(await Promise.all([flights.run('a', work), flights.run('a', work), flights.run('b', work)])).to.deep.equal([
      2, 2, 2,
    ]);
    expect(runs).to.equal(2);
  });

  it('starts the work before run() returns, and anew after the run before it has settled', async () => {
    let runs = 0;
    const next = singleFlight(() => ++runs);
    const first = next();
    expect(runs).to.equal(1);
    expect(await first).to.equal(1);
    expect(await next()).to.equal(2);
  });

  it('registers a run before its work begins: work that asks for its own key gets its own promise', async () => {
    const flights = new SingleFlight<string, string>();
    let runs = 0;
    const inner: Promise<string>[] = [];
    const work = (): string => {
      runs++;
      if (runs < 3) inner.push(flights.run('a', work));
      return `run ${runs}`;
    };
    const outer = flights.run('a', work);
    expect(await outer).to.equal('run 1');
    expect(await Promise.all(inner)).to.deep.equal(['run 1']);
    expect(runs).to.equal(1);
  });

  it('rejects every call of a run that throws, and forgets that run', async () => {
    const failures = ['first', 'second'];
    const next = singleFlight((): never => {
      throw new Error(failures.shift());
    });
    const settled = await Promise.allSettled([next(), next()]);
    expect(settled.map((one) => one.status === 'rejected' && one.reason.message)).to.deep.equal(['first', 'first']);
    expect(await next().catch(({ message }) => message)).to.equal('second');
  });
});
