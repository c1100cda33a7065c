import 'reflect-metadata';
import { asClass, asValue, createContainer } from 'awilix';
import { expect } from 'chai';
import { type DependencyContainer, container as tsyringe } from 'tsyringe';
import { ContainerInstance } from 'typedi';
import {
  attachRecorder,
  Counter,
  defineCounter,
  instanceObserver,
  MetricsRecorder,
  setDefaultRecorder,
} from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { warningsOf } from '../no-warnings.js';

const byHand = defineCounter({ name: 'by_hand_total', help: 'Recorded by hand' });

class Ledger {
  constructor() {
    this.open();
  }

  @Counter({ name: 'ledger_openings_total', help: 'Calls in the constructor' })
  open(): void {}

  @Counter({ name: 'ledger_bookings_total', help: 'Bookings' })
  book(): void {}
}

/** How each container creates a `Ledger`, and gives the recorder that it has. */
interface Example {
  readonly ledger: () => Ledger;
  readonly recorder: () => MetricsRecorder;
}

const examples: Readonly<Record<string, (recorder: MetricsRecorder) => Example>> = {
  tsyringe: (recorder) => {
    const container = tsyringe.createChildContainer().registerInstance(MetricsRecorder, recorder);
    const child = container.createChildContainer();
    return { ledger: () => child.resolve(Ledger), recorder: () => child.resolve(MetricsRecorder) };
  },
  'awilix with its proxy': (recorder) => {
    const container = createContainer().register({ ledger: asClass(Ledger), recorder: asValue(recorder) });
    return { ledger: () => container.cradle.ledger, recorder: () => container.createScope().resolve('recorder') };
  },
  typedi: (recorder) => {
    const container = new ContainerInstance('with a recorder');
    container.set({ id: Ledger, type: Ledger }).set({ id: MetricsRecorder, value: recorder });
    return { ledger: () => container.get(Ledger), recorder: () => container.get<MetricsRecorder>(MetricsRecorder) };
  },
};

/** Each container, made so that its instances report to this recorder and to no other. */
const observed: Readonly<Record<string, (recorder: MetricsRecorder) => (() => Ledger)[]>> = {
  tsyringe: (recorder) => {
    const observe = instanceObserver(recorder, 'tsyringe');
    const container: DependencyContainer = tsyringe.createChildContainer();
    container.afterResolution<object>(Ledger, (_token, resolved) => {
      for (const instance of [resolved].flat()) observe(instance);
    });
    return [() => container.resolve(Ledger), () => container.resolveAll(Ledger)[0] as Ledger];
  },
  awilix: (recorder) => {
    const observe = instanceObserver(recorder, 'awilix');
    const container = createContainer<{ ledger: Ledger; one: Ledger }>();
    container.register({ ledger: asClass(Ledger).scoped(), one: asClass(Ledger).classic().singleton() });
    for (const [name, registration] of Object.entries(container.registrations)) {
      const resolve: typeof registration.resolve = (scope) => {
        const instance = registration.resolve(scope);
        observe(instance);
        return instance;
      };
      container.register(name, { ...registration, resolve });
    }
    return [() => container.createScope().resolve('ledger'), () => container.cradle.one];
  },
  typedi: (recorder) => {
    const container = new ContainerInstance('observed');
    container.set({ id: Ledger, factory: () => attachRecorder(new Ledger(), recorder) });
    return [() => container.get(Ledger)];
  },
};

describe('A container without an adapter', () => {
  afterEach(() => setDefaultRecorder(undefined));

  for (const [name, create] of Object.entries(examples)) {
    it(`of ${name} creates instances that report to the default recorder, from their constructor on`, () => {
      const recorder = new MemoryRecorder({ strict: true });
      setDefaultRecorder(recorder);
      create(recorder).ledger().book();
      expect(recorder.value('ledger_openings_total')).to.equal(1);
      expect(recorder.value('ledger_bookings_total')).to.equal(1);
    });

    it(`of ${name} gives the recorder by the identifier that is documented`, () => {
      const recorder = new MemoryRecorder({ strict: true });
      expect(create(recorder).recorder()).to.equal(recorder);
    });
  }

  for (const [name, create] of Object.entries(observed)) {
    it(`of ${name} can attach a recorder of its own to what it hands out, however it is asked`, async () => {
      const recorder = new MemoryRecorder({ strict: true });
      const ways = create(recorder);
      // Why caught: advice says that the calls in constructors came too early.
      await warningsOf(() => {
        for (const take of ways) take().book();
      });
      expect(recorder.value('ledger_bookings_total')).to.equal(ways.length);
      expect(recorder.value('ledger_openings_total')).to.equal(0);
    });
  }

  it('of tsyringe gets a recorder that records nothing where none is registered, and advice on it', async () => {
    const elsewhere = new MemoryRecorder();
    const resolved: MetricsRecorder = tsyringe.createChildContainer().resolve(MetricsRecorder);
    await warningsOf(() => resolved.counter(byHand).inc());
    expect(elsewhere.families()).to.deep.equal([]);
    expect(elsewhere.advice.at(-1)?.message).to.contain('the container has no recorder');
  });

  it('takes MetricsRecorder for a class that nobody can construct', () => {
    // @ts-expect-error It is an identifier only: its constructor asks for what does not exist.
    expect(() => new MetricsRecorder()).to.be.a('function');
  });

  it('of tsyringe does not observe what a child container resolves, as the guide says', async () => {
    const recorder = new MemoryRecorder();
    const container = tsyringe.createChildContainer();
    container.afterResolution<object>(Ledger, (_token, resolved) => instanceObserver(recorder)(resolved));
    await warningsOf(() => container.createChildContainer().resolve(Ledger).book());
    expect(recorder.families()).to.deep.equal([]);
  });

  it('of typedi keeps the recorder through reset() where it was set as an object, and loses it otherwise', () => {
    const recorder = new MemoryRecorder();
    const container = new ContainerInstance('to be reset');
    container.set({ id: MetricsRecorder, value: recorder }).reset();
    expect(container.get<MetricsRecorder>(MetricsRecorder)).to.equal(recorder);
    container.set(MetricsRecorder, recorder).reset();
    expect(container.get<MetricsRecorder>(MetricsRecorder)).to.not.equal(recorder);
  });
});
