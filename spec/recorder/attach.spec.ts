import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { Container } from 'inversify';
import { installMetrics } from '../../lib/adapters/inversify/index.js';
import { httpMetrics, metricsMiddleware } from '../../lib/adapters/koa/index.js';
import {
  type Advice,
  attachRecorder,
  Counter,
  catalogue,
  defineCounter,
  defineGauge,
  defineHistogram,
  instanceObserver,
  MetricsRecorder,
  NoopRecorder,
  openFamilies,
  PrometheusRecorder,
  requestMetrics,
  setDefaultRecorder,
} from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { warningsOf } from '../no-warnings.js';

const service = () => {
  class Service {
    @Counter({ name: 'wired_total', help: 'Calls' })
    run(): string {
      return 'ran';
    }

    @Counter({ name: 'wired_static_total', help: 'Calls' })
    static run(): string {
      return 'ran';
    }
  }
  return Service;
};

describe('An instance', () => {
  afterEach(() => setDefaultRecorder(undefined));

  it('reports to its own recorder before the default one', () => {
    const [own, fallback] = [new MemoryRecorder(), new MemoryRecorder()];
    setDefaultRecorder(fallback);
    const Service = service();
    attachRecorder(new Service(), own).run();
    new Service().run();
    new Service().run();
    expect([own.value('wired_total'), fallback.value('wired_total')]).to.deep.equal([1, 2]);
  });

  it('reports to the recorder that was attached last', () => {
    const [first, second] = [new MemoryRecorder(), new MemoryRecorder()];
    const instance = attachRecorder(new (service())(), first);
    instance.run();
    attachRecorder(instance, second).run();
    expect([first.value('wired_total'), second.value('wired_total')]).to.deep.equal([1, 1]);
  });

  it('opens its families before any call', () => {
    const recorder = new MemoryRecorder();
    attachRecorder(new (service())(), recorder);
    expect(recorder.families()).to.deep.equal(['wired_total']);
  });

  it('runs without a recorder, and advises once per class through the existing recorders', async () => {
    const heard: Advice[] = [];
    const recorder = new MemoryRecorder({ onAdvice: (advice) => heard.push(advice) });
    const Service = service();
    // Why caught: recorders of other specs, which still exist, warn as well.
    const warnings = await warningsOf(() => {
      expect([new Service().run(), new Service().run()]).to.deep.equal(['ran', 'ran']);
    });
    expect(warnings.filter(({ message }) => !message.startsWith('@Counter on Service.run:'))).to.deep.equal([]);
    expect(heard.map(({ code }) => code)).to.deep.equal(['unwired']);
    expect(heard[0]?.message).to.match(/^@Counter on Service\.run: .*attachRecorder\(instance, recorder\)/);
    expect(recorder.families()).to.deep.equal([]);
  });

  it('runs unmeasured with the no-op recorder', () => {
    const recorder = new NoopRecorder({ strict: true });
    expect(attachRecorder(new (service())(), recorder).run()).to.equal('ran');
    recorder.counter(defineCounter({ name: 'noop_total', help: 'Nothing' })).inc();
  });
});

describe('A Proxy with decorated methods', () => {
  afterEach(() => setDefaultRecorder(undefined));

  const run = (answer: unknown) => service().prototype.run.call(new Proxy({}, { get: () => answer }) as never);

  for (const [what, answer] of [
    ['a function, as a dynamic client or a mock does', () => 'remote'],
    ['a text', 'text'],
    ['an object', {}],
  ] as const) {
    it(`runs them, and reports to the default recorder, where it answers every property with ${what}`, () => {
      expect(run(answer)).to.equal('ran');
      const recorder = new MemoryRecorder();
      setDefaultRecorder(recorder);
      expect([run(answer), run(answer)]).to.deep.equal(['ran', 'ran']);
      expect(recorder.value('wired_total')).to.equal(2);
    });
  }

  const refuse = (): never => {
    throw new Error('refused by the Proxy');
  };

  for (const [trap, runs] of [
    ['defineProperty', 1],
    ['getPrototypeOf', 0],
    ['get', 0],
  ] as const) {
    it(`runs them, and causes no error, where it refuses ${trap} to a container's observer`, async () => {
      const recorder = new MemoryRecorder();
      const Service = service();
      const strict = new Proxy(new Service(), { [trap]: refuse });
      instanceObserver(recorder)(strict);
      // Why caught: what is not observed is advised on.
      await warningsOf(() => expect(Service.prototype.run.call(strict)).to.equal('ran'));
      expect(recorder.value('wired_total') ?? 0).to.equal(runs);
    });
  }
});

describe('A method that was copied to another class, as mixins do', () => {
  it("reports to the recorder that a container's observer attaches to an instance of that class", () => {
    const Service = service();
    class Mixed {}
    Object.defineProperty(
      Mixed.prototype,
      'run',
      Object.getOwnPropertyDescriptor(Service.prototype, 'run') as PropertyDescriptor,
    );
    class Derived extends Mixed {}
    const recorder = new MemoryRecorder();
    const observe = instanceObserver(recorder);
    for (const instance of [new Mixed(), new Derived(), new Service()]) {
      observe(instance);
      (instance as InstanceType<typeof Service>).run();
    }
    expect(recorder.value('wired_total')).to.equal(3);
    expect(catalogue([Service])[0]?.fedBy).to.deep.equal(['@Counter on Service.run']);
  });
});

describe('A static method', () => {
  it('reports to the default recorder', () => {
    const recorder = new MemoryRecorder();
    setDefaultRecorder(recorder);
    service().run();
    setDefaultRecorder(undefined);
    expect(recorder.value('wired_static_total')).to.equal(1);
  });
});

describe('A process without a recorder', () => {
  it('emits no warning when an annotated function runs', () => {
    const script = `
      import { Counter, instrumentFunction } from 'flowplane-metrics';
      process.on('warning', () => process.exit(1));
      const counted = instrumentFunction(() => 1, Counter({ name: 'x_total', help: 'X' }));
      counted();`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  });
});

describe('A value that is no recorder', () => {
  const wrongs: readonly unknown[] = [null, {}, 7, 'recorder', { open: () => undefined }, new Map()];

  for (const wrong of wrongs) {
    it(`causes an error where it is given, not in a measured call: ${wrong instanceof Map ? 'a Map' : JSON.stringify(wrong)}`, () => {
      const recorder = wrong as MetricsRecorder;
      const calls: readonly (readonly [site: string, call: () => unknown])[] = [
        ['setDefaultRecorder', () => setDefaultRecorder(recorder)],
        ['attachRecorder', () => attachRecorder(new (service())(), recorder)],
        ['instanceObserver', () => instanceObserver(recorder)],
        ['openFamilies', () => openFamilies(recorder, [])],
        ['requestMetrics', () => requestMetrics(recorder)],
        ['httpMetrics', () => httpMetrics(recorder)],
        ['installMetrics', () => installMetrics(new Container(), { recorder })],
      ];
      for (const [site, call] of calls) {
        expect(call, site)
          .to.throw(`${site}: "recorder" must be a MetricsRecorder (given `)
          .with.property('code', 'illegal_option');
      }
    });
  }

  it('causes an error where a container has bound it, when metrics are installed', () => {
    const container = new Container();
    container.bind(MetricsRecorder).toConstantValue({} as MetricsRecorder);
    expect(() => installMetrics(container)).to.throw('installMetrics: "recorder" must be a MetricsRecorder (given ');
  });

  it('causes an error where it is to be served, not in a scrape', () => {
    for (const wrong of [undefined, null, {}, 7]) {
      const call = () => metricsMiddleware(wrong as never, { path: '/metrics' });
      expect(call).to.throw('metricsMiddleware: "recorder" must be a recorder (given ');
    }
  });

  it('may be undefined only for setDefaultRecorder, which removes the default recorder', () => {
    expect(() => attachRecorder(new (service())(), undefined as never)).to.throw(
      'must be a MetricsRecorder (given undefined)',
    );
    expect(() => setDefaultRecorder(undefined)).not.to.throw();
  });

  it('cannot be the instance that a recorder is attached to', () => {
    expect(() => attachRecorder(7 as never, new MemoryRecorder())).to.throw(
      'attachRecorder: "instance" must be an object or a function (given 7).',
    );
  });
});

describe('x instanceof MetricsRecorder', () => {
  it('answers true for every recorder, also for one that only has the methods', () => {
    const own = new MemoryRecorder();
    const bare = Object.fromEntries(
      ['open', 'dropped', 'now', 'advise', 'collect', 'counter', 'gauge', 'histogram'].map((method) => [
        method,
        () => 0,
      ]),
    );
    for (const recorder of [own, new NoopRecorder(), new PrometheusRecorder(), bare]) {
      expect(recorder instanceof MetricsRecorder).to.equal(true);
    }
  });

  it('answers false for anything else, and never throws', () => {
    for (const other of [undefined, null, 7, 'x', {}, [], () => 0, MetricsRecorder]) {
      expect((other as unknown) instanceof MetricsRecorder).to.equal(false);
    }
  });

  it('does not mean that MetricsRecorder can be extended', () => {
    const Identifier = MetricsRecorder as unknown as new () => object;
    expect(() => new (class extends Identifier {})())
      .to.throw('Extend AbstractRecorder')
      .with.property('code', 'not_supported');
    expect(Identifier.name).to.equal('MetricsRecorder');
  });

  it('answers true for what a container gets that constructs it by itself, which records nothing and fails nowhere', async () => {
    const recorder = new (MetricsRecorder as unknown as new () => MetricsRecorder)();
    expect(recorder instanceof MetricsRecorder).to.equal(true);
    // Why caught: recorders of other specs, which still exist, advise on it.
    await warningsOf(() => {
      recorder.counter(defineCounter({ name: 'unbound_total', help: 'Nothing' })).inc();
      recorder.gauge(defineGauge({ name: 'unbound', help: 'Nothing' })).collect(() => 1);
      recorder.histogram(defineHistogram({ name: 'unbound_seconds', help: 'Nothing', buckets: [1] })).observe({}, 1);
      expect(attachRecorder(new (service())(), recorder).run()).to.equal('ran');
    });
    expect(recorder.now()).to.be.a('number');
  });
});
