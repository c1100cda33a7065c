import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, use } from 'chai';
import { expect as jestExpect } from 'expect';
import { Container, injectable } from 'inversify';
import {
  Counter,
  catalogueOf,
  defineCounter,
  defineGauge,
  httpMetrics,
  installMetrics,
  MemoryRecorder,
  MetricsRecorder,
  metricsAssertions,
  metricsMatchers,
  PrometheusRecorder,
} from '../entries.js';
import { type Case, type Cases, heard, type Untyped } from './cases.js';

const measured =
  (options: Untyped): Case =>
  () =>
    httpMetrics(new PrometheusRecorder(), options);

/** One request to a server that is measured so. */
const requested =
  (options: Untyped): Case =>
  () =>
    heard(async (recorder) => {
      const middleware = httpMetrics(recorder, options);
      const server = createServer();
      const ended = new Promise<void>((resolve) => {
        server.on('request', (req, res) => {
          res.once('close', () => setImmediate(resolve));
          void middleware({ req, res }, async () => res.end());
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { headers: { Connection: 'close' } });
      await ended;
      server.close();
    });

/** What is wrong with the metrics of a Koa application. */
export const koa: Cases = {
  'options that are a text': measured('prefix'),
  'options that are null': measured(null),
  'an unknown option': measured({ prefx: 'a' }),
  'unknown names': measured({ names: 'prometheus' }),
  'a prefix with a hyphen': measured({ prefix: 'a-' }),
  'buckets that are a number': measured({ buckets: 1 }),
  'buckets that descend': measured({ buckets: [2, 1] }),
  'methods that are empty': measured({ methods: [] }),
  'methods in lower case': measured({ methods: ['get'] }),
  'a route that is a text': measured({ route: '/' }),
  'everything is wrong': measured({ names: 1, prefix: 1, buckets: 1, methods: 1, route: 1, other: 1 }),
  'no recorder': () => httpMetrics(undefined as Untyped),
  'a recorder that is an object': () => httpMetrics({} as Untyped),
  'a name that is taken': () => {
    const recorder = new PrometheusRecorder();
    recorder.open(defineGauge({ name: 'http_server_active_requests', help: 'X' }));
    httpMetrics(recorder);
  },
  'a route that throws': requested({
    route: () => {
      throw new Error('no route');
    },
  }),
  'a route that is a promise': requested({ route: async () => '/' }),
  'a route that is an object': requested({ route: () => ({}) }),
};

function bound(...services: Untyped[]): Container {
  const container = new Container();
  for (const service of services) container.bind(service).toSelf();
  return container;
}

@injectable()
class First {
  @Counter({ name: 'inversify_calls_total', help: 'Calls' })
  work(): void {}
}

@injectable()
class Second {
  @Counter({ name: 'inversify_calls_total', help: 'Calls', labels: { team: (team: string) => team } })
  work(_team: string): void {}
}

/** What is wrong with the metrics of an Inversify container. */
export const inversify: Cases = {
  'wrong options': () => installMetrics(new Container(), { prefix: 'a-' }),
  'another recorder than the one that is bound': () => {
    const container = new Container();
    container.bind(MetricsRecorder).toConstantValue(new PrometheusRecorder());
    installMetrics(container, { recorder: new PrometheusRecorder() });
  },
  'classes that clash': () => installMetrics(bound(First, Second)),
  'classes that clash later': () => {
    const container = bound(First);
    installMetrics(container);
    container.bind(Second).toSelf();
    catalogueOf(container);
  },
  'a catalogue without metrics': () => catalogueOf(new Container()),
  'a catalogue of another recorder': () => {
    const container = new Container();
    installMetrics(container, { recorder: new MemoryRecorder() });
    catalogueOf(container);
  },
};

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {}, kind: {} } });

function recorder(): MemoryRecorder {
  const memory = new MemoryRecorder();
  for (const kind of ['a', 'b', 'c', 'd']) memory.counter(jobs).inc({ queue: 'mail', kind });
  return memory;
}

const add =
  (memory: MemoryRecorder, by = 1) =>
  () =>
    memory.counter(jobs).inc({ queue: 'mail', kind: 'a' }, by);

/** What assertions about recorded metrics say when they fail. */
export const assertions: Cases = (() => {
  use(metricsAssertions as Untyped);
  const labels = { queue: 'mail', kind: 'a' };
  return {
    'no family at all': () => expect(new MemoryRecorder()).to.have.series('zebras_total'),
    'no series of that name': () => expect(recorder()).to.have.series('job_total', labels),
    'no series with these labels': () => expect(recorder()).to.have.series('jobs_total', { kind: 'z', queue: 'mail' }),
    'a series that must not be': () => expect(recorder()).not.to.have.series('jobs_total', { kind: 'b' }),
    'another value': () => expect(recorder()).to.have.series('jobs_total', labels).with.value(7),
    'a value that must not be': () => expect(recorder()).to.have.series('jobs_total', labels).and.not.value(1),
    'several series': () => expect(recorder()).to.have.series('jobs_total').with.value(1),
    'no increase': () => expect(recorder()).to.have.increased('jobs_total', labels, () => undefined),
    'no increase of what is not there': () => expect(recorder()).to.have.increased('zebras_total', {}, () => undefined),
    'an increase that must not be': () => {
      const memory = recorder();
      expect(memory).not.to.have.increased('jobs_total', labels, add(memory));
    },
    'another increase': () => {
      const memory = recorder();
      expect(memory).to.have.increased('jobs_total', labels, add(memory, 2)).by(1);
    },
    'an increase by so much that must not be': () => {
      const memory = recorder();
      const increased: Untyped = expect(memory).to.have.increased('jobs_total', labels, add(memory));
      increased.not.by(1);
    },
    'no increase within a promise': async () => {
      await expect(recorder()).to.have.increased('jobs_total', labels, async () => undefined);
    },
    'another increase within a promise': async () => {
      const memory = recorder();
      await expect(memory)
        .to.have.increased('jobs_total', labels, async () => add(memory)())
        .by(2);
    },
  };
})();

/** What matchers say in Jest when they fail; those of Vitest are the same. */
export const matchers: Cases = (() => {
  jestExpect.extend(metricsMatchers);
  const labels = { queue: 'mail', kind: 'a' };
  const increased = (by?: Untyped, not = false) => {
    const memory = recorder();
    const matcher = jestExpect(memory);
    return (not ? matcher.not : matcher).toHaveIncreased('jobs_total', labels, add(memory, 2), by);
  };
  return {
    'no recorder': () => jestExpect(new PrometheusRecorder()).toHaveSeries('jobs_total'),
    'no recorder that increases': () => jestExpect(7).toHaveIncreased('jobs_total', labels, () => undefined),
    'no series of that name': () => jestExpect(recorder()).toHaveSeries('job_total', labels),
    'no series with these labels': () =>
      jestExpect(recorder()).toHaveSeries('jobs_total', { kind: 'z', queue: 'mail' }),
    'a series that must not be': () => jestExpect(recorder()).not.toHaveSeries('jobs_total', { kind: 'b' }),
    'another value': () => jestExpect(recorder()).toHaveSeries('jobs_total', labels, 7),
    'a value that is not close': () => jestExpect(recorder()).toHaveSeries('jobs_total', labels, jestExpect.closeTo(7)),
    'a value that must not be': () => jestExpect(recorder()).not.toHaveSeries('jobs_total', labels, 1),
    'several series': () => jestExpect(recorder()).toHaveSeries('jobs_total', {}, 1),
    'several series that must not have a value': () => jestExpect(recorder()).not.toHaveSeries('jobs_total', {}, 1),
    'no increase': () => jestExpect(recorder()).toHaveIncreased('jobs_total', labels, () => undefined),
    'an increase that must not be': () => increased(undefined, true),
    'another increase': () => increased(1),
    'another increase than any above 2': () =>
      increased({ asymmetricMatch: (n: number) => n > 2, toString: () => '> 2' }),
    'an increase by so much that must not be': () => increased(2, true),
    'another increase within a promise': async () => {
      const memory = recorder();
      await jestExpect(memory).toHaveIncreased('jobs_total', labels, async () => add(memory)(), 2);
    },
  };
})();
