import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { attachRecorder, Counter, Timed } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const tenants = new AsyncLocalStorage<string>();
const tenant = () => tenants.getStore() ?? 'nobody';

type Callback = (error: Error | null, value?: number) => void;

class Service {
  @Counter({ name: 'served_total', help: 'Calls', labels: { tenant, result: { result: tenant } }, by: () => 1 })
  @Timed({ name: 'served_seconds', help: 'Duration', labels: { tenant } })
  serve<R>(make: () => R): R {
    return make();
  }

  @Counter({
    name: 'asked_total',
    help: 'Calls',
    labels: { tenant, result: { result: tenant } },
    completion: 'callback',
  })
  ask(start: (callback: Callback) => void, callback: Callback): void {
    start(callback);
  }
}

const steps = function* (): Generator<number> {
  yield 1;
};
const laterSteps = async function* (): AsyncGenerator<number> {
  yield 1;
};

/** How a call begins, and how somebody else completes it. */
const completions: Readonly<Record<string, (service: Service) => () => unknown>> = {
  'a promise': (service) => {
    let resolve: (value: unknown) => void = () => undefined;
    const promise = service.serve(() => new Promise((settle) => (resolve = settle)));
    return () => {
      resolve(1);
      return promise;
    };
  },
  'an async function': (service) => {
    const promise = service.serve(async () => await setImmediate());
    return () => promise;
  },
  'a generator': (service) => {
    const generator = service.serve(steps);
    return () => [...generator];
  },
  'an async generator': (service) => {
    const generator = service.serve(laterSteps);
    return async () => {
      for await (const _ of generator);
    };
  },
  'an async generator that is left early': (service) => {
    const generator = service.serve(laterSteps);
    return async () => {
      for await (const _ of generator) break;
    };
  },
  'a generator behind a promise': (service) => {
    const promise = service.serve(async () => steps());
    return async () => [...(await promise)];
  },
  'a Node stream': (service) => {
    const stream = service.serve(() => Readable.from(['a']));
    return async () => {
      await stream.toArray();
      if (!stream.closed) await once(stream, 'close');
    };
  },
  'a web stream': (service) => {
    const stream = service.serve(() => ReadableStream.from(['a']));
    return async () => {
      for await (const _ of stream);
      await setImmediate();
    };
  },
  'a callback': (service) => {
    let callback: Callback = () => undefined;
    service.ask(
      (given) => {
        callback = given;
      },
      () => undefined,
    );
    return () => callback(null, 1);
  },
};

describe(`A label that asks an AsyncLocalStorage (${mode} decorators)`, () => {
  for (const [what, begin] of Object.entries(completions)) {
    it(`reads the context of the call, even where another context completes it: ${what}`, async () => {
      const recorder = new MemoryRecorder({ strict: true });
      const service = attachRecorder(new Service(), recorder);
      const complete = tenants.run('ada', () => begin(service));
      await tenants.run('grace', complete);
      const name = what === 'a callback' ? 'asked_total' : 'served_total';
      expect(recorder.series(name)).to.deep.equal([{ labels: { tenant: 'ada', result: 'ada' }, value: 1 }]);
    });
  }

  it('leaves the caller of a callback and the reader of a generator in their own context', () => {
    const recorder = new MemoryRecorder({ strict: true });
    const service = attachRecorder(new Service(), recorder);
    const seen: string[] = [];
    const [complete, generator] = tenants.run('ada', () => {
      let callback: Callback = () => undefined;
      service.ask(
        (given) => {
          callback = given;
        },
        () => seen.push(tenant()),
      );
      return [
        callback,
        service.serve(function* () {
          seen.push(tenant());
          yield 1;
        }),
      ];
    });
    tenants.run('grace', () => {
      complete(null);
      generator.next();
      generator.return(undefined);
      seen.push(tenant());
    });
    expect(seen).to.deep.equal(['grace', 'grace', 'grace']);
  });

  it('ends the asynchronous context of each call with the call', async () => {
    const alive = new Set<number>();
    const hook = createHook({
      init: (id, type) => {
        if (type === 'FlowplaneMetricsCall') alive.add(id);
      },
      destroy: (id) => alive.delete(id),
    }).enable();
    try {
      const service = attachRecorder(new Service(), new MemoryRecorder({ strict: true }));
      const open = Array.from({ length: 10 }, () => service.serve(steps));
      expect(alive.size).to.equal(10);
      for (const generator of open) generator.return(undefined);
      for (let i = 0; i < 10 && alive.size > 0; i++) await setImmediate();
      expect(alive.size).to.equal(0);
    } finally {
      hook.disable();
    }
  });
});
