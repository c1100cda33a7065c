import { expect } from 'chai';
import {
  type AnyClass,
  Counter,
  Gauge,
  instanceObserver,
  type MetricsRecorder,
  openFamilies,
  PrometheusRecorder,
  setDefaultRecorder,
} from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';

/** A container as another library may have one: classes by their names, singletons, and a hook for new instances. */
class HomeMadeContainer {
  readonly #classes = new Map<string, new (container: HomeMadeContainer) => object>();
  readonly #instances = new Map<string, object>();
  readonly #hooks: ((instance: unknown) => void)[] = [];

  register(...classes: (new (container: HomeMadeContainer) => object)[]): this {
    for (const one of classes) this.#classes.set(one.name, one);
    return this;
  }

  onCreate(hook: (instance: unknown) => void): void {
    this.#hooks.push(hook);
  }

  classes(): readonly AnyClass[] {
    return [...this.#classes.values()];
  }

  get<T extends object>(Class: new (container: HomeMadeContainer) => T): T {
    const existing = this.#instances.get(Class.name);
    if (existing !== undefined) return existing as T;
    const created = new Class(this);
    for (const hook of this.#hooks) hook(created);
    this.#instances.set(Class.name, created);
    return created;
  }
}

/** All that an adapter for this container has to do. */
function measure<R extends MetricsRecorder>(container: HomeMadeContainer, recorder: R): R {
  container.onCreate(instanceObserver(recorder));
  openFamilies(recorder, container.classes());
  return recorder;
}

class Queue {
  @Counter({ name: 'pushed_total', help: 'Pushes', labels: { queue: (name) => name } })
  push(name: string): string {
    return name;
  }

  @Counter({ name: 'created_queues_total', help: 'Queues' })
  static create(): Queue {
    return new Queue();
  }
}

class Worker {
  readonly queue: Queue;

  constructor(container: HomeMadeContainer) {
    this.queue = container.get(Queue);
  }
}

class Clashing {
  @Gauge({ name: 'pushed_total', help: 'Pushes', value: 1 })
  push(): string {
    return 'unharmed';
  }
}

describe('A container that the package does not know', () => {
  afterEach(() => setDefaultRecorder(undefined));

  it('makes its instances report by two public functions, dependencies included', () => {
    const container = new HomeMadeContainer().register(Queue, Worker);
    const recorder = measure(container, new MemoryRecorder({ strict: true }));
    expect(container.get(Worker).queue.push('mail')).to.equal('mail');
    expect(recorder.value('pushed_total', { queue: 'mail' })).to.equal(1);
  });

  it('shows the families of its classes before there is an instance, but not those of static methods', () => {
    const recorder = measure(new HomeMadeContainer().register(Queue), new PrometheusRecorder());
    expect(recorder.openFamilies().map(({ name }) => name)).to.deep.equal(['pushed_total']);
  });

  it('leaves instances without decorated methods, and values that are no objects, alone', () => {
    const observe = instanceObserver(new MemoryRecorder());
    const plain = Object.freeze(Object.create(null));
    for (const value of [plain, {}, [], 7, 'text', null, undefined, Symbol('x')]) observe(value);
    expect(Reflect.ownKeys(plain)).to.deep.equal([]);
  });

  it('gets the clash of two classes thrown by default, with both sites', () => {
    expect(() => measure(new HomeMadeContainer().register(Queue, Clashing), new MemoryRecorder()))
      .to.throw('@Gauge on Clashing.push: family "pushed_total" already exists in this recorder')
      .with.property('message')
      .that.contains('Queue.push');
  });

  it("gets the clash reported by the first call instead with 'report'", () => {
    const errors: string[] = [];
    const recorder = new PrometheusRecorder({ onError: ({ code }, site) => errors.push(`${code} ${site}`) });
    openFamilies(recorder, [Queue, Clashing], 'report');
    expect(errors).to.deep.equal([]);
    const clashing = new Clashing();
    instanceObserver(recorder)(clashing);
    expect(clashing.push()).to.equal('unharmed');
    expect(errors).to.deep.equal(['family_clash @Gauge on Clashing.push']);
  });
});
