import 'reflect-metadata';
import { expect } from 'chai';
import { injectable } from 'inversify';
import { injectable as injectable6 } from 'inversify-6';
import { injectable as injectable7 } from 'inversify-7';
import { inject as injectOfTsyringe } from 'tsyringe';
import { attachRecorder, Counter, instanceObserver, MetricsError, MetricsRecorder } from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { warningsOf } from '../no-warnings.js';

/** A class of its own, as advice is given once per class. */
function createClass(): new () => { work(): void } {
  class Service {
    @Counter({ name: 'worked_total', help: 'Calls' })
    work(): void {}
  }
  return Service;
}

/** The advice that a recorder gets on a call of an instance without a recorder. */
async function adviceOn(recorder: MemoryRecorder, Service = createClass()): Promise<string> {
  // Why caught: recorders of other specs, which still exist, warn as well.
  await warningsOf(() => new Service().work());
  const { message } = recorder.advice.at(-1) ?? {};
  return message ?? 'no advice';
}

const decorators: Readonly<Record<string, readonly ((target: new () => object) => unknown)[]>> = {
  Inversify: [injectable(), injectable7(), injectable6()],
  tsyringe: [(target) => injectOfTsyringe('token')(target, undefined, 0)],
};

describe('Advice on an instance without a recorder', () => {
  let recorder: MemoryRecorder;

  beforeEach(() => {
    recorder = new MemoryRecorder();
  });

  it('names no container where none is known', async () => {
    attachRecorder(new (createClass())(), recorder);
    const message = await adviceOn(recorder);
    expect(message).to.contain('it was made with "new" and not passed to attachRecorder;');
    expect(message).to.not.match(/Inversify|Nest|installMetrics|MetricsModule|container/i);
  });

  it('names the container that hands out the instances of a recorder, whatever it is', async () => {
    instanceObserver(recorder, 'Home-made');
    const message = await adviceOn(recorder);
    expect(message).to.contain('it was made with "new" rather than by Home-made;');
    expect(message).to.not.match(/Inversify|installMetrics/);
  });

  for (const [host, own] of Object.entries({
    Inversify: 'installMetrics(container)',
    Nest: 'MetricsModule',
    tsyringe: 'afterResolution',
    awilix: 'resolver',
    typedi: 'factory',
  })) {
    it(`says what to look for in ${host}, and nothing of other containers`, async () => {
      instanceObserver(recorder, host);
      const message = await adviceOn(recorder);
      expect(message).to.contain(`rather than by ${host};`).and.to.contain(own);
      if (host !== 'Inversify') expect(message).to.not.match(/installMetrics|Inversify/);
    });
  }

  it('names the container whose decorators the class has, rather than that of the recorder', async () => {
    instanceObserver(recorder, 'Home-made');
    for (const [host, list] of Object.entries(decorators)) {
      for (const decorate of list) {
        const Service = createClass();
        decorate(Service);
        expect(await adviceOn(recorder, Service)).to.contain(`rather than by ${host};`);
      }
    }
  });

  it('names no container where the recorder is shared by two, and the class has decorators of neither', async () => {
    instanceObserver(recorder, 'Nest');
    instanceObserver(recorder, 'Inversify');
    expect(await adviceOn(recorder)).to.not.match(/Nest|Inversify/);
  });

  it('gives each recorder the words of its own container', async () => {
    const other = new MemoryRecorder();
    instanceObserver(recorder, 'tsyringe');
    instanceObserver(other, 'awilix');
    expect(await adviceOn(recorder)).to.contain('by tsyringe;');
    expect(other.advice.at(-1)?.message).to.contain('by awilix;');
  });
});

describe('Advice on a call before the instance has its recorder', () => {
  const adviceOnEarlyCall = async (host?: string): Promise<string | undefined> => {
    const recorder = new MemoryRecorder();
    const observe = instanceObserver(recorder, host);
    const service = new (createClass())();
    await warningsOf(() => service.work());
    observe(service);
    return recorder.advice.at(-1)?.message;
  };

  it('says when that is in Inversify', async () => {
    expect(await adviceOnEarlyCall('Inversify')).to.contain(
      '(given a call in the constructor, in an asynchronous @postConstruct, or before attachRecorder)',
    );
  });

  it('says nothing of @postConstruct elsewhere', async () => {
    for (const host of [undefined, 'tsyringe', 'awilix', 'typedi', 'Nest']) {
      expect(await adviceOnEarlyCall(host)).to.contain('(given a call in the constructor, or before attachRecorder)');
    }
  });
});

describe('Advice on a recorder that a container has constructed by itself', () => {
  const adviceOnUnbound = async (host?: string): Promise<string | undefined> => {
    const recorder = new MemoryRecorder();
    instanceObserver(recorder, host);
    const unbound: MetricsRecorder = Reflect.construct(MetricsRecorder as unknown as () => void, []);
    await warningsOf(() => unbound.counter({} as never));
    return recorder.advice.at(-1)?.message;
  };

  it('says how to give one to the container that is there', async () => {
    expect(await adviceOnUnbound('Inversify')).to.contain('Call installMetrics(container)');
    expect(await adviceOnUnbound('tsyringe')).to.contain('container.registerInstance(MetricsRecorder, recorder)');
    expect(await adviceOnUnbound('typedi')).to.contain('Container.set({ id: MetricsRecorder, value: recorder })');
    expect(await adviceOnUnbound()).to.contain('Register a recorder for MetricsRecorder.');
  });
});

describe('The name of a container', () => {
  it('must be a text, or instanceObserver refuses it', () => {
    for (const host of ['', 7, null, {}]) {
      expect(() => instanceObserver(new MemoryRecorder(), host as never))
        .to.throw(MetricsError, 'instanceObserver: "host" must be the name of a container')
        .with.property('message')
        .that.contains('Leave it out, or write for example "tsyringe".');
    }
  });
});
