import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  InFlight,
  PrometheusRecorder,
  scrape,
  Timed,
} from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';

const calls = defineCounter({ name: 'tree_calls_total', help: 'Calls', labels: { end: {}, class: {}, team: {} } });
const inFlight = defineGauge({ name: 'tree_calls_in_flight', help: 'Calls in flight', labels: { class: {} } });

/** A call, and the calls that it makes. */
interface Call {
  readonly recorder: 0 | 1;
  readonly class: number;
  readonly kind: 'sync' | 'generator' | 'async' | 'asyncGenerator';
  readonly team: string;
  readonly throws: boolean;
  /** Whether its label reader calls a method of the same instance as well, which returns. */
  readonly reads: boolean;
  /** Whether the families are cleared in the middle of it. */
  readonly clears: boolean;
  readonly calls: readonly Call[];
}

function callTree(kinds: readonly Call['kind'][], clears: fc.Arbitrary<boolean>, depth = 4): fc.Arbitrary<Call> {
  return fc.record({
    recorder: fc.constantFrom(0 as const, 1 as const),
    class: fc.nat(9),
    kind: fc.constantFrom(...kinds),
    team: fc.constantFrom('a', 'b', ''),
    throws: fc.boolean(),
    reads: fc.boolean(),
    clears,
    calls: depth === 0 ? fc.constant([]) : fc.array(callTree(kinds, clears, depth - 1), { maxLength: 3 }),
  });
}

/** What a service's methods do; the bodies are the same for all ten classes. */
class Work {
  constructor(
    readonly run: (call: Call) => unknown,
    readonly clear: (call: Call) => void,
    readonly reread: (call: Call) => void,
  ) {}

  begin(call: Call): unknown {
    const first = call.calls.slice(0, 1).map((child) => this.run(child));
    if (call.clears) this.clear(call);
    return Promise.all([...first, ...call.calls.slice(1).map((child) => this.run(child))]);
  }

  end(call: Call): string {
    if (call.throws) throw new Error('as asked for');
    return 'done';
  }
}

function serviceClass(index: number) {
  const labels = { class: index };
  const counted = {
    labels: {
      end: { result: () => 'returned', error: () => 'threw' },
      class: index,
      team(this: { readonly work: Work }, call: Call) {
        if (call.reads) this.work.reread(call);
        return call.team;
      },
    },
  };
  class Service {
    constructor(readonly work: Work) {}

    @InFlight(inFlight, { labels })
    @Timed({ name: 'tree_call_seconds', help: 'Duration' })
    @Counter(calls, counted)
    sync(call: Call): string {
      this.work.begin(call);
      return this.work.end(call);
    }

    @Counter(calls, counted)
    @InFlight(inFlight, { labels })
    *generator(call: Call): Generator<string, string> {
      yield 'begun';
      this.work.begin(call);
      yield 'ending';
      return this.work.end(call);
    }

    @InFlight(inFlight, { labels })
    @Counter(calls, counted)
    async async(call: Call): Promise<string> {
      await this.work.begin(call);
      return this.work.end(call);
    }

    @Counter(calls, counted)
    @InFlight(inFlight, { labels })
    async *asyncGenerator(call: Call): AsyncGenerator<string, string> {
      yield 'begun';
      await this.work.begin(call);
      yield 'ending';
      return this.work.end(call);
    }
  }
  return Service;
}

const Classes = Array.from({ length: 10 }, (_, index) => serviceClass(index));
type Recorder = MemoryRecorder | PrometheusRecorder;
type Counts = Map<string, number>;

/** Two recorders, an instance of each of the ten classes for each, and what they ought to count. */
class World {
  readonly recorders: readonly [Recorder, Recorder] = [
    new MemoryRecorder({ strict: true }),
    new PrometheusRecorder({ strict: true }),
  ];
  readonly expected: readonly [Counts, Counts] = [new Map(), new Map()];
  readonly #services;

  constructor(run: (call: Call) => unknown) {
    const clear = ({ recorder }: Call): void => {
      for (const family of [calls, inFlight]) this.recorders[recorder].clear(family);
      this.expected[recorder].clear();
    };
    const reread = (call: Call): void => {
      const inner = { ...call, team: 'reader', throws: false, reads: false, clears: false, calls: [] };
      this.serviceOf(inner).sync(inner);
      this.ended(inner);
    };
    const work = new Work(run, clear, reread);
    this.#services = this.recorders.map((recorder) =>
      Classes.map((Service) => attachRecorder(new Service(work), recorder)),
    );
  }

  serviceOf({ recorder, class: index }: Call) {
    return this.#services[recorder]?.[index] as InstanceType<(typeof Classes)[number]>;
  }

  ended(call: Call): void {
    const team = call.team && `,team="${call.team}"`;
    const key = `tree_calls_total{end="${call.throws ? 'threw' : 'returned'}",class="${call.class}"${team}}`;
    const counts = this.expected[call.recorder];
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  async check(): Promise<void> {
    for (const [i, recorder] of this.recorders.entries()) {
      const found = await readings(recorder);
      expect(pick(found, 'tree_calls_total')).to.deep.equal(Object.fromEntries(this.expected[i] ?? []));
      expect(Object.values(pick(found, 'tree_calls_in_flight{')).every((value) => value === 0)).to.equal(true);
    }
  }
}

async function readings(recorder: Recorder): Promise<Record<string, number>> {
  if (recorder instanceof MemoryRecorder) {
    // Why without the histogram: its samples have other names, and nothing here compares durations.
    const names = recorder.families().filter((name) => name !== 'tree_call_seconds');
    const samples = names.flatMap((name) =>
      recorder.series(name).map(({ labels, value }) => {
        const text = Object.entries(labels).map(([label, of]) => `${label}="${of}"`);
        return [`${name}{${text.join(',')}}`, value] as const;
      }),
    );
    return Object.fromEntries(samples);
  }
  const { body } = await scrape(recorder, { method: 'GET' });
  const samples = [...(await text(body)).matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)];
  return Object.fromEntries(samples.map(([, name, labels = '', value]) => [`${name}{${labels}}`, Number(value)]));
}

const pick = (found: Record<string, number>, prefix: string): Record<string, number> =>
  Object.fromEntries(Object.entries(found).filter(([key]) => key.startsWith(prefix)));

/** Runs a tree of calls one after the other, and notes each that has ended. */
function runSync(world: () => World): (call: Call) => void {
  return (call) => {
    const service = world().serviceOf(call);
    try {
      if (call.kind === 'sync') service.sync(call);
      else for (const _ of service.generator(call));
    } catch {
      // As asked for.
    }
    world().ended(call);
  };
}

/** Runs a tree of calls side by side. */
function runAsync(world: () => World): (call: Call) => Promise<void> {
  return async (call) => {
    const service = world().serviceOf(call);
    try {
      if (call.kind === 'async') await service.async(call);
      else for await (const _ of service.asyncGenerator(call));
    } catch {
      // As asked for.
    }
    world().ended(call);
  };
}

describe('Any tree of calls', () => {
  it('counts each call of nested, throwing and label-reading calls once, when families are cleared between them', () =>
    fc.assert(
      fc.asyncProperty(callTree(['sync', 'generator'], fc.boolean()), async (tree) => {
        const world: World = new World(runSync(() => world));
        world.serviceOf(tree);
        runSync(() => world)(tree);
        await world.check();
      }),
      { numRuns: 100 },
    ));

  it('counts each call once when the calls overlap', () =>
    fc.assert(
      fc.asyncProperty(callTree(['async', 'asyncGenerator'], fc.constant(false)), async (tree) => {
        const world: World = new World(runAsync(() => world));
        await runAsync(() => world)(tree);
        await world.check();
      }),
      { numRuns: 100 },
    ));

  it('leaves zero calls in flight, and never counts below zero, when calls overlap and families are cleared', () =>
    fc.assert(
      fc.asyncProperty(callTree(['async', 'asyncGenerator'], fc.boolean()), async (tree) => {
        const seen: number[] = [];
        const run = runAsync(() => world);
        const world: World = new World(async (call) => {
          await run(call);
          for (const recorder of world.recorders) {
            seen.push(...Object.values(pick(await readings(recorder), 'tree_calls_in_flight{')));
          }
        });
        await run(tree);
        expect(seen.filter((value) => value < 0)).to.deep.equal([]);
        for (const recorder of world.recorders) {
          const left = Object.values(pick(await readings(recorder), 'tree_calls_in_flight{'));
          expect(left.every((value) => value === 0)).to.equal(true);
        }
      }),
      { numRuns: 50 },
    ));
});

describe('A call that outlives its container', () => {
  it('reports to the recorder that it began with, and to no other', async () => {
    let finish: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      finish = resolve;
    });
    class Service {
      @InFlight({ name: 'outliving_calls_in_flight', help: 'Calls in flight' })
      @Counter({ name: 'outliving_calls_total', help: 'Calls' })
      async wait(): Promise<void> {
        await until;
      }
    }
    const service = new Service();
    const [first, second] = [new MemoryRecorder({ strict: true }), new MemoryRecorder({ strict: true })];
    const waiting = attachRecorder(service, first).wait();
    attachRecorder(service, second);
    expect([first.value('outliving_calls_in_flight'), second.value('outliving_calls_in_flight')]).to.deep.equal([1, 0]);
    finish();
    await waiting;
    expect([first.value('outliving_calls_in_flight'), first.value('outliving_calls_total')]).to.deep.equal([0, 1]);
    expect(second.value('outliving_calls_total')).to.equal(0);
  });
});
