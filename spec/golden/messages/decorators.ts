import { Counter as PromCounter, Gauge as PromGauge } from 'prom-client';
import {
  Counter,
  defineCounter,
  defineGauge,
  Gauge,
  Histogram,
  InFlight,
  Instrumented,
  instrumentFunction,
  instrumentMethod,
  Timed,
} from '../entries.js';
import type { Case, Cases, Untyped } from './cases.js';

class Annotated {
  work(): void {}
}

type Decorator = Untyped;

/** Decorates a method as TypeScript's legacy decorators do. */
const legacy = (decorate: Decorator): unknown =>
  decorate(Annotated.prototype, 'work', { value() {}, configurable: true, writable: true });

/** Decorates as standard decorators do. */
const standard = (decorate: Decorator, kind = 'method', name: string | symbol = 'work'): unknown =>
  decorate(() => undefined, { kind, name, static: false, addInitializer: () => undefined });

const decorators: Readonly<Record<string, Decorator>> = { Counter, Gauge, Histogram, Timed, InFlight };

const fine = { name: 'x_total', help: 'X' };
const teams = defineCounter({ name: 'teams_total', help: 'Teams', labels: { team: {}, kind: {} } });
const size = defineGauge({ name: 'size', help: 'Size' });
const foreign = new PromCounter({ name: 'foreign_total', help: 'F', labelNames: ['team'] as const, registers: [] });
const foreignGauge = new PromGauge({ name: 'foreign_gauge', help: 'F', registers: [] });

const counter =
  (options: Untyped): Case =>
  () =>
    legacy(Counter({ ...fine, ...options }));
const gauge =
  (options: Untyped): Case =>
  () =>
    legacy(Gauge({ name: 'x', help: 'X', ...options }));
const label = (spec: unknown): Case => counter({ labels: { team: spec } });
const shared =
  (family: Untyped, options?: Untyped): Case =>
  () =>
    legacy((Counter as Decorator)(family, options));

/** The same mistake at every decorator. */
const atEach = (mistake: string, decorate: (decorator: Decorator) => unknown): Cases =>
  Object.fromEntries(Object.entries(decorators).map(([name, one]) => [`@${name}: ${mistake}`, () => decorate(one)]));

/** What is wrong at the place of a decorator, and with what it was given. */
export const decorating: Cases = {
  ...atEach('without parentheses on a method', (one) => legacy(one)),
  ...atEach('without parentheses on a standard method', (one) => standard(one)),
  ...atEach('on a class', (one) => one({ ...fine, value: 1 })(Annotated)),
  ...atEach('on a field', (one) => one({ ...fine, value: 1 })(Annotated.prototype, 'field')),
  ...atEach('on a static accessor', (one) => one({ ...fine, value: 1 })(Annotated, 'size', { get: () => 1 })),
  ...atEach('on a value that is no function', (one) => one({ ...fine, value: 1 })(Annotated, 'size', { value: 1 })),
  ...atEach('on a standard field', (one) => standard(one({ ...fine, value: 1 }), 'field')),
  ...atEach('on a standard class', (one) => standard(one({ ...fine, value: 1 }), 'class', 'Annotated')),
  ...atEach('options that are a text', (one) => legacy(one('x_total'))),
  ...atEach('options that are undefined', (one) => legacy(one(undefined))),
  ...atEach('no options at all', (one) => legacy(one({}))),
  ...atEach('an unknown option', (one) => legacy(one({ ...fine, value: 1, vlaue: 1 }))),
  ...atEach('a family of another kind', (one) => legacy(one(one === Gauge || one === InFlight ? teams : size, {}))),
  ...atEach('a label that is a list', (one) => legacy(one({ ...fine, value: 1, labels: { a: [] } }))),
  ...atEach('a label that reads the result', (one) => legacy(one({ ...fine, value: 1, labels: { a: { result: 1 } } }))),
  'a symbol for a name': () => Counter({ help: 'X' } as Untyped)(Annotated.prototype, Symbol('secret'), { value() {} }),
  'a symbol without a description': () => (Counter as Decorator)({})(Annotated.prototype, Symbol(), { value() {} }),
  'a method of an anonymous class': () => (Counter as Decorator)({})(Object.create(null), 'work', { value() {} }),
  'a standard method with wrong options': () => standard(Counter({ name: 'x_total' } as Untyped)),
  'three arguments': () => (Counter as Decorator)(teams, {}, {}),
  'a by that is a text': counter({ by: '1' }),
  'a by that is negative': counter({ by: -1 }),
  'a by that is infinite': counter({ by: Infinity }),
  'a value that is missing': gauge({}),
  'a value that is a text': gauge({ value: '1' }),
  'a value that is not a number': gauge({ value: Number.NaN }),
  'a histogram value that is too large': () => legacy(Histogram({ name: 'x', help: 'X', value: 1e300 })),
  'a when that is true': counter({ when: true }),
  'an unknown on': counter({ on: 'returns' }),
  'an on of a gauge': gauge({ value: 1, on: 'returned' }),
  'labels that are a list': counter({ labels: ['team'] }),
  'a label name that is illegal': counter({ labels: { __a: 'x' } }),
  'a label le of a histogram': () =>
    legacy(Histogram({ name: 'x', help: 'X', value: 1, labels: { le: 'x' } } as Untyped)),
  'a label that is a symbol': label(Symbol('team')),
  'a label with an unknown source': label({ arguments: () => 'x' }),
  'a label source that is no function': label({ args: 'x', result: 1, error: null }),
  'a label with wrong policies': label({ args: () => 'x', oneOf: [], limit: 0, hash: 1, sensitive: 'no' }),
  'an initial with an open label': counter({ labels: { team: (team: string) => team }, initial: 'all' }),
  'an initial with an unknown label': counter({ labels: { team: 'x' }, initial: [{ tem: 'x' }] }),
  'a shared family without its labels': shared(teams, {}),
  'a shared family with options that are none': shared(teams),
  'a shared family with a label too many': shared(teams, { labels: { team: 'a', kind: 'b', other: 'c' } }),
  'a shared family with a policy at the label': shared(teams, { labels: { team: { oneOf: ['a'] }, kind: 'b' } }),
  'a shared family with a family option': shared(teams, { help: 'X', labels: { team: 'a', kind: 'b' } }),
  'a shared family without labels, with labels that are a text': shared(teams, { labels: 'team' }),
  'a metric of prom-client without its label': shared(foreign, {}),
  'a metric of prom-client of another kind': shared(foreignGauge, {}),
  'everything is wrong': counter({ name: '1', help: '', by: -1, when: 1, on: 1, labels: { __a: [] }, maxSeries: 0 }),
  'instrumentFunction with a class': () => instrumentFunction(Annotated as Untyped, Counter(fine)),
  'instrumentMethod without such a method': () => instrumentMethod(Annotated.prototype, 'rest' as Untyped),
  'instrumentMethod of a subclass': () => instrumentMethod(class Heir extends Annotated {}.prototype, 'work'),
  'instrumentMethod on a class in a property': () => instrumentMethod({ Annotated }, 'Annotated'),
  'instrumentMethod on a frozen prototype': () => instrumentMethod(Object.freeze({ work: () => 1 }), 'work'),
  'a function with wrong options': () =>
    instrumentFunction(function work() {}, Counter({ name: 'x_total' } as Untyped)),
  'an arrow function without a name': () => instrumentFunction(() => 1, Counter({ name: 'x_total' } as Untyped)),
  '@Instrumented: an unknown option': () => Instrumented({ nmae: 'a' } as Untyped)(Annotated),
  '@Instrumented: an empty name': () => Instrumented({ name: '' })(Annotated),
  '@Instrumented: an empty prefix': () => Instrumented({ prefix: '' })(Annotated),
  '@Instrumented: a skip that is a text': () => Instrumented({ skip: 'work' } as Untyped)(Annotated),
  '@Instrumented: a skip that is no method': () => Instrumented({ skip: ['rest'] } as Untyped)(Annotated),
  '@Instrumented: labels that are a text': () => Instrumented({ labels: 'eu' } as Untyped)(Annotated),
  '@Instrumented: labels with an illegal name, le and one of its own': () =>
    Instrumented({ labels: { __a: 'x', le: 'x', class: 'x' } })(Annotated),
  '@Instrumented: a label that is an object': () => Instrumented({ labels: { region: {} } } as Untyped)(Annotated),
  '@Instrumented: a class without a name': () => Instrumented({ name: 1 } as Untyped)(class {}),
};
