import { expect } from 'chai';
import { Container } from 'inversify';
import { installMetrics } from '../../../lib/adapters/inversify/index.js';
import { Counter, instrumentMethod } from '../../../lib/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';

class Store {
  load(): string {
    return 'loaded';
  }
}
instrumentMethod(Store.prototype, 'load', Counter({ name: 'loads_total', help: 'Loads' }));

describe('installMetrics on a child container for each request', () => {
  it('counts in the recorder of the parent, and keeps no child container alive', async () => {
    const parent = new Container();
    const recorder = installMetrics(parent, { recorder: new MemoryRecorder() });
    parent.bind(Store).toSelf();
    const children: WeakRef<Container>[] = [];
    for (let request = 0; request < 100; request++) {
      const child = new Container({ parent });
      expect(installMetrics(child)).to.equal(recorder);
      child.bind('request').toConstantValue(request);
      child.get(Store).load();
      children.push(new WeakRef(child));
      // Why: what a WeakRef has given is kept until the turn of the event loop ends.
      await new Promise(setImmediate);
    }
    expect(recorder.value('loads_total')).to.equal(100);
    for (let round = 0; round < 5; round++) {
      globalThis.gc?.();
      await new Promise(setImmediate);
    }
    expect(children.filter((child) => child.deref() !== undefined).length).to.be.below(10);
  });
});
