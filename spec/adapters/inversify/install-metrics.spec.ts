import { expect } from 'chai';
import * as inversify8 from 'inversify';
import * as inversify6 from 'inversify-6';
import * as inversify7 from 'inversify-7';
import { installMetrics } from '../../../lib/adapters/inversify/index.js';
import { Counter, MetricsRecorder, PrometheusRecorder } from '../../../lib/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { describeInstallMetrics, type Inversify } from './install-metrics.suite.js';

type Container = inversify8.Container;
type Bind = ReturnType<Container['bind']>;

describeInstallMetrics({
  version: '8',
  injectable: inversify8.injectable as Inversify['injectable'],
  inject: inversify8.inject as Inversify['inject'],
  postConstruct: inversify8.postConstruct as Inversify['postConstruct'],
  container: () => new inversify8.Container(),
  child: (parent) => new inversify8.Container({ parent }),
  rebind: async (container, identifier) => container.rebind(identifier),
  unbind: async (container, identifier) => container.unbind(identifier as string),
  factory: (make) => (context: inversify8.ResolutionContext) => () =>
    make((identifier) => context.get(identifier as string)),
  autobind: (container, identifier) => container.get(identifier as string, { autobind: true }),
  autobinding: () => new inversify8.Container({ autobind: true }),
  optional: inversify8.optional as Inversify['optional'],
  getOptional: (container, identifier) => container.get(identifier, { optional: true }),
  lacks: [],
});

const of7 = (container: Container) => container as unknown as inversify7.Container;

describeInstallMetrics({
  version: '7',
  injectable: inversify7.injectable as Inversify['injectable'],
  inject: inversify7.inject as Inversify['inject'],
  postConstruct: inversify7.postConstruct as Inversify['postConstruct'],
  container: () => new inversify7.Container() as unknown as Container,
  child: (parent) => new inversify7.Container({ parent: of7(parent) }) as unknown as Container,
  rebind: async (container, identifier) => (await of7(container).rebind(identifier)) as unknown as Bind,
  unbind: (container, identifier) => of7(container).unbind(identifier as string),
  factory: (make) => (context: inversify7.ResolutionContext) => () =>
    make((identifier) => context.get(identifier as string)),
  autobind: (container, identifier) => of7(container).get(identifier as string, { autobind: true }),
  autobinding: () => new inversify7.Container({ autobind: true }) as unknown as Container,
  optional: inversify7.optional as Inversify['optional'],
  getOptional: (container, identifier) => of7(container).get(identifier, { optional: true }),
  lacks: [],
});

const of6 = (container: Container) => container as unknown as inversify6.Container;

describeInstallMetrics({
  version: '6',
  injectable: inversify6.injectable as unknown as Inversify['injectable'],
  inject: inversify6.inject as unknown as Inversify['inject'],
  postConstruct: inversify6.postConstruct as unknown as Inversify['postConstruct'],
  container: () => new inversify6.Container() as unknown as Container,
  child: (parent) => of6(parent).createChild() as unknown as Container,
  rebind: async (container, identifier) => of6(container).rebind(identifier) as unknown as Bind,
  unbind: async (container, identifier) => of6(container).unbind(identifier as string),
  factory: (make) => (context: inversify6.interfaces.Context) => () =>
    make((identifier) => context.container.get(identifier as string)),
  autobind: (container, identifier) => of6(container).resolve(identifier as new () => object),
  autobinding: () => new inversify6.Container({ autoBindInjectable: true }) as unknown as Container,
  optional: inversify6.optional as unknown as Inversify['optional'],
  getOptional: (container, identifier) => of6(container).tryGet(identifier),
  lacks: ['toResolvedValue(() => instance)', 'a child container', 'bound classes', 'a restored observer'],
});

describe('The types of installMetrics and MetricsRecorder', () => {
  it('accept the containers of every supported version of inversify, and infer the recorder', () => {
    const [six, seven, eight] = [new inversify6.Container(), new inversify7.Container(), new inversify8.Container()];
    const installed: PrometheusRecorder[] = [installMetrics(six), installMetrics(seven), installMetrics(eight)];
    const bound: MetricsRecorder[] = [six.get(MetricsRecorder), seven.get(MetricsRecorder), eight.get(MetricsRecorder)];
    expect(bound).to.deep.equal(installed);
  });

  it('bind a recorder in a container that binds every class by itself', async () => {
    const [six, seven, eight] = [
      new inversify6.Container({ autoBindInjectable: true }),
      new inversify7.Container({ autobind: true }),
      new inversify8.Container({ autobind: true }),
    ];
    const installed = [installMetrics(six), installMetrics(seven), installMetrics(eight)];
    const bound = [six.get(MetricsRecorder), seven.get(MetricsRecorder), eight.get(MetricsRecorder)];
    expect(bound).to.deep.equal(installed);
    for (const recorder of installed) expect(recorder).to.be.instanceOf(PrometheusRecorder);
  });
});

describe('installMetrics(container) of inversify 6 with a middleware of the application', () => {
  for (const first of ['the middleware', 'installMetrics'] as const) {
    it(`keeps both where ${first} comes first`, () => {
      const container = new inversify6.Container();
      const recorder = new MemoryRecorder();
      const seen: unknown[] = [];
      const apply = () =>
        container.applyMiddleware((next) => (args) => {
          seen.push(args.serviceIdentifier);
          return next(args);
        });
      if (first === 'the middleware') apply();
      installMetrics(container, { recorder });
      if (first === 'installMetrics') apply();
      class Service {
        @Counter({ name: 'served_total', help: 'Calls' })
        serve(): void {}
      }
      container.bind('service').toDynamicValue(() => new Service());
      container.get<Service>('service').serve();
      expect(recorder.value('served_total')).to.equal(1);
      expect(seen).to.include('service');
    });
  }
});

describe('installMetrics(container) of a container that cannot be observed', () => {
  it('throws, with the command that installs a version that can, and binds nothing', () => {
    const bound: unknown[] = [];
    const container = { isBound: () => false, bind: (id: unknown) => bound.push(id) };
    expect(() => installMetrics(container as never))
      .to.throw(
        /^installMetrics: package "inversify" is needed for installMetrics \(given inversify 8\.\d+\.\d+, with the error: .*neither plugins nor middleware\)\. Run: npm install inversify@8\.$/,
      )
      .with.property('code', 'missing_peer');
    expect(bound).to.deep.equal([]);
  });
});
