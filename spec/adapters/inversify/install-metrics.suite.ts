import { until } from '../../until.js';
import 'reflect-metadata';
import { text } from 'node:stream/consumers';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import type { Container } from 'inversify';
import { catalogueOf, installMetrics } from '../../../lib/adapters/inversify/index.js';
import {
  type Advice,
  attachRecorder,
  Counter,
  defineCounter,
  Gauge,
  MetricsRecorder,
  outcome,
  PrometheusRecorder,
  scrape,
} from '../../../lib/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { warningsOf } from '../../no-warnings.js';

/** One version of inversify: its decorators, and what its containers do under other names. */
export interface Inversify {
  readonly version: string;
  readonly injectable: () => ClassDecorator;
  readonly postConstruct: () => MethodDecorator;
  readonly inject: (identifier: unknown) => ParameterDecorator;
  container(): Container;
  child(parent: Container): Container;
  rebind(container: Container, identifier: string): Promise<ReturnType<Container['bind']>>;
  unbind(container: Container, identifier: unknown): Promise<unknown>;
  /** A factory that resolves from its container, or makes something of its own. */
  factory(make: (get: (identifier: unknown) => unknown) => unknown): unknown;
  /** An instance of a class that nobody has bound. */
  autobind(container: Container, identifier: unknown): unknown;
  /** A container that binds every class that it is asked for. */
  autobinding(): Container;
  readonly optional: () => ParameterDecorator;
  /** What the container gives for a service that may be missing. */
  getOptional(container: Container, identifier: string): unknown;
  /** The ways out of a container, and the rules, that this version does not have. */
  readonly lacks: readonly string[];
}

interface Loader {
  load(id: string): string;
}

type Way = [title: string, take: (container: Container) => unknown];

/** What `installMetrics` promises, whatever the version. */
export function describeInstallMetrics(inversify: Inversify): void {
  const { injectable, inject, postConstruct } = inversify;

  @injectable()
  class Store {
    @Counter({ name: 'loads_total', help: 'Loads', labels: { id: (id) => id } })
    load(id: string): string {
      return id;
    }
  }

  @injectable()
  class SpecialStore extends Store {}

  @injectable()
  class Shop {
    constructor(
      @inject(Store) readonly store: Store,
      @inject(MetricsRecorder) readonly recorder: MetricsRecorder,
    ) {}
  }

  /** A class that calls its own methods before the container hands it out. */
  @injectable()
  class Eager {
    constructor() {
      this.warm('constructor');
    }

    @postConstruct()
    @Counter({ name: 'starts_total', help: 'Starts', labels: { outcome } })
    async start(): Promise<void> {
      this.warm('start');
      await Promise.resolve();
      this.warm('later');
    }

    @Counter({ name: 'warm_ups_total', help: 'Warm-ups', labels: { by: (by) => by } })
    warm(by: string): string {
      return by;
    }
  }

  @injectable()
  class Dependent {
    constructor(@inject(Eager) readonly eager: Eager) {}
  }

  /** A class whose recorder is injected by the type of the parameter, which the compiler emits. */
  @injectable()
  class Typed {
    constructor(readonly recorder: MetricsRecorder) {}
  }

  /** A class that works without a recorder too. */
  @injectable()
  class Modest {
    constructor(@inject(MetricsRecorder) @inversify.optional() readonly recorder?: MetricsRecorder) {}

    work(): string {
      this.recorder?.counter(defineCounter({ name: 'modest_total', help: 'Work' })).inc();
      return 'done';
    }
  }

  /** Every way in which an instance can come out of a container. */
  const ways: Way[] = [
    [
      'toSelf()',
      (container) => {
        container.bind(Store).toSelf();
        return container.get(Store);
      },
    ],
    [
      'to(Class)',
      (container) => {
        container.bind<Loader>('loader').to(Store);
        return container.get<Loader>('loader');
      },
    ],
    [
      'toConstantValue(instance)',
      (container) => {
        container.bind(Store).toConstantValue(new Store());
        return container.get(Store);
      },
    ],
    [
      'toDynamicValue(() => instance)',
      (container) => {
        container.bind(Store).toDynamicValue(() => new Store());
        return container.get(Store);
      },
    ],
    [
      'toDynamicValue(async () => instance)',
      (container) => {
        container.bind(Store).toDynamicValue(async () => new Store());
        return container.getAsync(Store);
      },
    ],
    [
      'toResolvedValue(() => instance)',
      (container) => {
        container.bind<Loader>('loader').toResolvedValue(() => new Store());
        return container.get<Loader>('loader');
      },
    ],
    [
      'a factory through the context',
      (container) => {
        container.bind(Store).toSelf();
        container.bind<() => Loader>('factory').toFactory(inversify.factory((get) => get(Store)) as never);
        return container.get<() => Loader>('factory')();
      },
    ],
    [
      'toService(other)',
      (container) => {
        container.bind(Store).toSelf();
        container.bind<Loader>('loader').toService(Store);
        return container.get<Loader>('loader');
      },
    ],
    [
      'a plain subclass of a decorated class',
      (container) => {
        container.bind(Store).to(SpecialStore);
        return container.get(Store);
      },
    ],
    ['autobind', (container) => inversify.autobind(container, Store)],
    [
      'rebind',
      async (container) => {
        container.bind<Loader>('loader').toConstantValue({ load: (id) => id });
        container.get<Loader>('loader');
        (await inversify.rebind(container, 'loader')).to(Store);
        return container.get<Loader>('loader');
      },
    ],
    [
      'unbind and bind',
      async (container) => {
        container.bind(Store).toSelf();
        container.get(Store);
        await inversify.unbind(container, Store);
        container.bind(Store).toSelf();
        return container.get(Store);
      },
    ],
    [
      'singleton scope',
      (container) => {
        container.bind(Store).toSelf().inSingletonScope();
        container.get(Store);
        return container.get(Store);
      },
    ],
    [
      'request scope',
      (container) => {
        container.bind(Store).toSelf().inRequestScope();
        return container.get(Store);
      },
    ],
    [
      'transient scope',
      (container) => {
        container.bind(Store).toSelf().inTransientScope();
        return container.get(Store);
      },
    ],
    [
      'a constructor dependency',
      (container) => {
        container.bind(Store).toSelf();
        container.bind(Shop).toSelf();
        return container.get(Shop).store;
      },
    ],
    [
      'getAll',
      (container) => {
        container.bind<Loader>('loader').to(SpecialStore);
        container.bind<Loader>('loader').to(Store);
        return container.getAll<Loader>('loader')[1] as Loader;
      },
    ],
    [
      'an activation that hands out a Proxy',
      (container) => {
        container
          .bind(Store)
          .toSelf()
          .onActivation((_context, store) => new Proxy(store, {}));
        return container.get(Store);
      },
    ],
    [
      'an activation that freezes',
      (container) => {
        container
          .bind(Store)
          .toSelf()
          .onActivation((_context, store) => Object.freeze(store));
        return container.get(Store);
      },
    ],
    [
      'an activation that gives a promise of another realm',
      (container) => {
        container
          .bind(Store)
          .toSelf()
          .onActivation((_context, store) => runInNewContext('Promise.resolve(store)', { store }));
        return container.getAsync(Store);
      },
    ],
    [
      'an activation that gives a thenable',
      (container) => {
        container
          .bind(Store)
          .toSelf()
          // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
          .onActivation((_context, store) => ({ then: (resolve: (one: Store) => void) => resolve(store) }) as never);
        return container.getAsync(Store);
      },
    ],
    [
      'snapshot and restore',
      (container) => {
        container.snapshot();
        container.bind(Store).toConstantValue(new Store());
        container.restore();
        container.bind(Store).toSelf();
        return container.get(Store);
      },
    ],
    [
      'a child container',
      (container) => {
        const child = inversify.child(container);
        child.bind(Store).toConstantValue(new Store());
        return child.get(Store);
      },
    ],
    [
      'a plan that was made before',
      (container) => {
        const fresh = inversify.container();
        fresh.bind(Store).toSelf();
        fresh.get(Store);
        installMetrics(fresh, { recorder: container.get(MetricsRecorder) });
        return fresh.get(Store);
      },
    ],
  ];

  /** Makes a call that is not recorded, about which the recorders that exist may warn. */
  const unrecorded = async (call: () => unknown): Promise<void> => {
    const warnings = await warningsOf(call);
    expect(warnings.filter(({ message }) => !message.includes('a call was not recorded'))).to.deep.equal([]);
  };

  describe(`installMetrics(container) of inversify ${inversify.version}`, () => {
    let container: Container;
    let recorder: MemoryRecorder;

    beforeEach(() => {
      container = inversify.container();
      recorder = new MemoryRecorder({ strict: true });
      installMetrics(container, { recorder });
    });

    describe('with an instance that comes from the container', () => {
      for (const [title, take] of ways.filter(([name]) => !inversify.lacks.includes(name))) {
        it(`attaches the recorder to an instance by ${title}`, async () => {
          const loader = (await take(container)) as Loader;
          expect(loader.load('7')).to.equal('7');
          expect(recorder.value('loads_total', { id: '7' })).to.equal(1);
        });
      }
    });

    describe('with an instance that calls its own methods before it is handed out', () => {
      const eagerWays: readonly Way[] = [
        ['getAsync', (one) => one.getAsync(Eager)],
        ['getAllAsync', (one) => one.getAllAsync(Eager)],
        ['getAsync of a class that depends on it', (one) => one.getAsync(Dependent)],
      ];
      for (const [title, take] of eagerWays) {
        it(`counts calls in the constructor and in an asynchronous @postConstruct, by ${title}`, async () => {
          container.bind(Eager).toSelf();
          container.bind(Dependent).toSelf();
          await unrecorded(() => take(container));
          const seen = recorder.series('warm_ups_total').map(({ labels, value }) => [labels['by'], value]);
          // Why not more: what follows an await runs after the container has returned, and has no recorder yet.
          expect(seen).to.deep.equal([
            ['constructor', 1],
            ['start', 1],
          ]);
          expect(recorder.value('starts_total', { outcome: 'success' })).to.equal(1);
          expect(recorder.advice.filter(({ code }) => code === 'unwired').at(-1)?.message).to.match(
            /^class Eager: a call was not recorded, because the instance got its recorder only afterwards/,
          );
        });
      }

      it('counts calls in the constructor and in a synchronous @postConstruct, by get and getAll', () => {
        @injectable()
        class Prompt {
          constructor() {
            this.prepare('constructor');
          }

          @postConstruct()
          @Counter({ name: 'prompts_total', help: 'Prompts' })
          start(): void {
            this.prepare('start');
          }

          @Counter({ name: 'preparations_total', help: 'Preparations', labels: { by: (by) => by } })
          prepare(by: string): string {
            return by;
          }
        }
        container.bind(Prompt).toSelf();
        container.get(Prompt);
        container.getAll(Prompt);
        expect(recorder.value('prompts_total')).to.equal(2);
        expect(recorder.series('preparations_total').map(({ value }) => value)).to.deep.equal([2, 2]);
        expect(recorder.advice).to.deep.equal([]);
      });

      it('leaves such calls to the recorder of the container that resolves, where one resolves from another', () => {
        const other = inversify.container();
        const others = new MemoryRecorder({ strict: true });
        installMetrics(other, { recorder: others });
        other.bind(Store).toDynamicValue(() => {
          const store = new Store();
          store.load('inner');
          return store;
        });
        container.bind('outer').toDynamicValue(() => {
          other.get(Store);
          return new Store().load('outer');
        });
        container.get('outer');
        const ids = [recorder, others].map((one) => one.series('loads_total').map(({ labels }) => labels['id']));
        expect(ids).to.deep.equal([['outer'], ['inner']]);
      });
    });

    describe('with an instance that does not come from the container', () => {
      it('leaves out a singleton that was resolved before', async () => {
        const late = inversify.container();
        late.bind(Store).toSelf().inSingletonScope();
        const store = late.get(Store);
        installMetrics(late, { recorder });
        expect(late.get(Store)).to.equal(store);
        await unrecorded(() => store.load('7'));
        expect(recorder.series('loads_total')).to.deep.equal([]);
        attachRecorder(store, recorder).load('7');
        expect(recorder.value('loads_total', { id: '7' })).to.equal(1);
      });

      it('leaves out an instance that a factory creates with new', async () => {
        container.bind<() => Store>('factory').toFactory(inversify.factory(() => new Store()) as never);
        const store = container.get<() => Store>('factory')();
        await unrecorded(() => store.load('7'));
        expect(recorder.series('loads_total')).to.deep.equal([]);
        attachRecorder(store, recorder).load('7');
        expect(recorder.value('loads_total', { id: '7' })).to.equal(1);
      });

      if (inversify.lacks.includes('a child container')) {
        it('leaves out a child container without its own installMetrics(child)', async () => {
          const child = inversify.child(container);
          child.bind(Store).toSelf();
          await unrecorded(() => child.get(Store).load('unseen'));
          expect(recorder.series('loads_total')).to.deep.equal([]);
          expect(installMetrics(child)).to.equal(recorder);
          child.get(Store).load('7');
          expect(recorder.value('loads_total', { id: '7' })).to.equal(1);
        });
      }

      it('leaves out a container that was restored to an earlier snapshot, where the version restores that', async () => {
        const restored = inversify.container();
        restored.bind(Store).toSelf();
        restored.snapshot();
        installMetrics(restored, { recorder });
        restored.restore();
        await unrecorded(() => restored.get(Store).load('7'));
        const isRestored = !inversify.lacks.includes('a restored observer');
        expect(recorder.series('loads_total')).to.have.length(isRestored ? 0 : 1);
      });
    });

    describe('with what is bound to no instance', () => {
      /** What a container gives for this value by every way, or says instead. */
      const giveByEveryWay = async (given: Container, value: unknown): Promise<unknown[]> => {
        given.bind('constant').toConstantValue(value);
        given.bind('dynamic').toDynamicValue(() => value);
        given.bind('later').toDynamicValue(async () => value);
        const ways = [
          () => given.get('constant'),
          () => given.get('dynamic'),
          () => given.getAsync('later'),
          () => given.getAll('dynamic'),
          () => given.getAllAsync('later'),
        ];
        return Promise.all(ways.map(async (way) => way()).map((given) => given.catch(String)));
      };

      for (const value of [undefined, null, 0, '', false]) {
        it(`gives ${JSON.stringify(value) ?? 'undefined'} by every way as it does without metrics`, async () => {
          const given = await giveByEveryWay(container, value);
          expect(given).to.deep.equal(await giveByEveryWay(inversify.container(), value));
          expect(given.slice(1)).to.deep.equal([value, value, [value], [value]]);
        });
      }

      it('gives undefined for an optional service that nobody has bound', async () => {
        expect(inversify.getOptional(container, 'missing')).to.equal(undefined);
      });
    });

    it('uses the recorder of the child container before that of the parent', () => {
      const child = inversify.child(container);
      const ofChild = new MemoryRecorder({ strict: true });
      container.bind(Store).toSelf();
      child.bind(MetricsRecorder).toConstantValue(ofChild);
      installMetrics(child);
      child.get(Store).load('child');
      container.get(Store).load('parent');
      expect(ofChild.series('loads_total')).to.deep.equal([{ labels: { id: 'child' }, value: 1 }]);
      expect(recorder.series('loads_total')).to.deep.equal([{ labels: { id: 'parent' }, value: 1 }]);
    });

    it('binds the recorder that is given for a child container, although the parent has another one', () => {
      const ofChild = new MemoryRecorder({ strict: true });
      const child = inversify.child(container);
      container.bind(Shop).toSelf();
      container.bind(Store).toSelf();
      expect(installMetrics(child, { recorder: ofChild })).to.equal(ofChild);
      expect(child.get(MetricsRecorder)).to.equal(ofChild);
      expect(container.get(MetricsRecorder)).to.equal(recorder);
      child.get(Store).load('child');
      container.get(Store).load('parent');
      expect(ofChild.series('loads_total')).to.deep.equal([{ labels: { id: 'child' }, value: 1 }]);
      expect(recorder.series('loads_total')).to.deep.equal([{ labels: { id: 'parent' }, value: 1 }]);
      expect(installMetrics(child)).to.equal(ofChild);
    });

    it('uses the recorder that was bound in the place of the first one, once it is called again', async () => {
      const other = new MemoryRecorder({ strict: true });
      await inversify.unbind(container, MetricsRecorder);
      container.bind(MetricsRecorder).toConstantValue(other);
      expect(installMetrics(container)).to.equal(other);
      container.bind(Store).toSelf();
      container.get(Store).load('7');
      expect(other.value('loads_total', { id: '7' })).to.equal(1);
      expect(recorder.value('loads_total', { id: '7' })).to.equal(undefined);
    });

    it('binds the recorder, so that a class can inject it', () => {
      container.bind(Store).toSelf();
      container.bind(Shop).toSelf();
      expect(container.get(Shop).recorder).to.equal(recorder);
      expect(container.get(MetricsRecorder)).to.equal(recorder);
    });

    it('injects the recorder by the type of a constructor parameter', () => {
      container.bind(Typed).toSelf();
      expect(container.get(Typed).recorder).to.equal(recorder);
    });

    describe('with a class whose recorder is optional', () => {
      for (const [kind, make] of [
        ['a plain container', inversify.container],
        ['a container that binds every class by itself', inversify.autobinding],
      ] as const) {
        it(`lets the class work in ${kind} that has no metrics, and gives it the recorder once they are installed`, async () => {
          const other = make();
          other.bind(Modest).toSelf();
          const done: string[] = [];
          await warningsOf(() => done.push(other.get(Modest).work()));
          expect(done).to.deep.equal(['done']);
          expect(installMetrics(other, { recorder })).to.equal(recorder);
          other.get(Modest).work();
          expect(recorder.value('modest_total')).to.equal(1);
          expect(other.get(MetricsRecorder)).to.equal(recorder);
        });
      }

      it('advises when a number is lost because the container binds every class by itself, and has no metrics', async () => {
        const heard: Advice[] = [];
        const elsewhere = new MemoryRecorder({ onAdvice: (advice) => heard.push(advice) });
        const other = inversify.autobinding();
        other.bind(Modest).toSelf();
        const modest = other.get(Modest);
        expect(heard).to.deep.equal([]);
        await warningsOf(() => [modest.work(), modest.work()]);
        expect(elsewhere.families()).to.deep.equal([]);
        const said = heard.map(({ code, message }) => [code, /the container has no recorder/.test(message)]);
        expect(said).to.deep.equal(modest.recorder === undefined ? [] : [['unwired', true]]);
      });
    });

    it('names the service in the error of a container without a recorder', () => {
      expect(() => inversify.container().get(MetricsRecorder)).to.throw(/\bMetricsRecorder\b/);
    });

    it('refuses a recorder that is none, and binds nothing then', () => {
      const other = inversify.container();
      expect(() => installMetrics(other, { recorder: {} as MetricsRecorder })).to.throw(
        'installMetrics: "recorder" must be a MetricsRecorder (given an object).',
      );
      expect(other.isBound(MetricsRecorder)).to.equal(false);
    });

    it('uses the recorder that is bound already', () => {
      const other = inversify.container();
      other.bind(MetricsRecorder).toConstantValue(recorder);
      expect(installMetrics(other)).to.equal(recorder);
    });

    it('refuses another recorder than the one that is bound already', () => {
      const other = inversify.container();
      other.bind(MetricsRecorder).toConstantValue(recorder);
      expect(() => installMetrics(other, { recorder: new MemoryRecorder() })).to.throw('Leave it out');
    });

    it('has no effect the second time', () => {
      expect(installMetrics(container)).to.equal(recorder);
      container.bind(Store).toSelf();
      container.get(Store).load('7');
      expect(recorder.value('loads_total', { id: '7' })).to.equal(1);
    });

    for (const [kind, make] of [
      ['a plain container', inversify.container],
      ['a container that binds every class by itself', inversify.autobinding],
    ] as const) {
      it(`has its effect again where ${kind} was restored to a snapshot from before`, () => {
        const restored = make();
        restored.bind(Store).toSelf();
        for (const id of ['1', '2', '3']) {
          const own = new MemoryRecorder({ strict: true });
          restored.snapshot();
          expect(installMetrics(restored, { recorder: own })).to.equal(own);
          expect(restored.get(MetricsRecorder)).to.equal(own);
          restored.get(Store).load(id);
          expect(own.series('loads_total')).to.deep.equal([{ labels: { id }, value: 1 }]);
          restored.restore();
        }
      });
    }

    it('creates a PrometheusRecorder by default, with process metrics', async () => {
      const created = installMetrics(inversify.container(), { prefix: 'shop_' });
      expect(created).to.be.instanceOf(PrometheusRecorder);
      // Why repeated: a scrape that comes before prom-client is loaded is answered without them.
      await until(async () =>
        (await text((await scrape(created, { method: 'GET' })).body)).includes('process_cpu_user_seconds_total'),
      );
    });

    it('opens the families of a class when the container creates it, before any call', async () => {
      const shop = inversify.container();
      const created = installMetrics(shop);
      shop.bind(Store).toSelf();
      shop.get(Store);
      expect(await text((await scrape(created, { method: 'GET' })).body)).to.contain('# TYPE loads_total counter');
    });

    it('leaves instances without annotated methods alone', () => {
      const plain = {};
      container.bind('plain').toConstantValue(plain);
      expect(Reflect.ownKeys(container.get('plain') as object)).to.deep.equal([]);
    });

    it('shows its instruments to tools through reflect-metadata', () => {
      const shown = Reflect.getOwnMetadata('flowplane-metrics:instruments', Store.prototype);
      expect(shown).to.have.length(1);
      expect(shown[0]).to.include({ decorator: 'Counter', method: 'load', site: '@Counter on Store.load' });
    });

    describe('catalogueOf(container)', () => {
      it('lists the bound classes, or the resolved ones when the version has no list', () => {
        const catalogued = inversify.container();
        installMetrics(catalogued, { processMetrics: false, prefix: 'shop_' });
        catalogued.bind(Store).toSelf();
        if (inversify.lacks.includes('bound classes')) catalogued.get(Store);
        expect(catalogueOf(catalogued).map(({ name, fedBy }) => [name, fedBy])).to.deep.equal([
          ['shop_loads_total', ['@Counter on Store.load']],
        ]);
      });

      it('throws when metrics are not installed', () => {
        expect(() => catalogueOf(inversify.container())).to.throw('Call installMetrics(container) first');
      });
    });

    describe('with two classes that declare clashing families', () => {
      @injectable()
      class Clashing {
        @Gauge({ name: 'loads_total', help: 'Loads', value: 1 })
        load(): string {
          return 'unharmed';
        }
      }

      if (!inversify.lacks.includes('bound classes')) {
        it('throws for bound classes, and names both sites', () => {
          const clashing = inversify.container();
          clashing.bind(Store).toSelf();
          clashing.bind(Clashing).toSelf();
          expect(() => installMetrics(clashing)).to.throw(
            '@Gauge on Clashing.load: family "loads_total" already exists in this recorder as a counter with labels [id] (given a gauge with labels []); first declared by Store.load.',
          );
        });
      }

      it('reports to onError for a class that is bound later, and lets get() and the call succeed', () => {
        const told: string[] = [];
        const later = inversify.container();
        const created = installMetrics(later, { onError: ({ code }) => told.push(code), processMetrics: false });
        later.bind(Store).toSelf();
        later.bind(Clashing).toSelf();
        later.get(Store).load('7');
        expect(later.get(Clashing).load()).to.equal('unharmed');
        expect(told).to.deep.equal(['family_clash']);
        expect(created.explain().find(({ name }) => name === 'loads_total')?.reasons).to.deep.equal(['family_clash']);
      });
    });
  });
}
