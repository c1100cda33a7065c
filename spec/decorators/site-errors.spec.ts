import { expect } from 'chai';
import { Counter, defineCounter, defineGauge, Gauge, InFlight, type MetricsError } from 'flowplane-metrics';
import { mode } from './mode.js';

// What the types refuse may still come from plain JavaScript: here the types are switched off.
// biome-ignore lint/suspicious/noExplicitAny: it stands for a decorator of anything.
type Loose = (...given: unknown[]) => (...site: any[]) => void;
const [LooseCounter, LooseGauge, LooseInFlight] = [Counter, Gauge, InFlight] as unknown as [Loose, Loose, Loose];

const on = mode === 'legacy' ? 'Service.run' : 'method "run"';
const teams = defineGauge({ name: 'teams', help: 'Teams', labels: { team: {} } });
const requests = defineCounter({ name: 'requests_total', help: 'Requests', labels: { team: {}, kind: {} } });

/** What decorating a method with these throws. */
function refusal(decorate: Loose, ...given: unknown[]): MetricsError {
  try {
    class Service {
      @decorate(...given)
      run(): void {}
    }
    void Service;
  } catch (error) {
    return error as MetricsError;
  }
  throw new Error('nothing was refused');
}

describe(`A decorator that refuses its options (${mode} decorators)`, () => {
  it('names the site, the subject, the given value and the remedy', () => {
    const error = refusal(LooseCounter, { name: 'auth_attempts', help: 'Attempts', maxSeries: 0 });
    expect(error.message).to.equal(
      `@Counter on ${on}: "maxSeries" must be a whole number above 0 (given 0). Leave it out for the recorder's own limit.`,
    );
    expect(error).to.include({ name: 'MetricsError', code: 'illegal_option' });
  });

  it('throws when it is written without parentheses', () => {
    // biome-ignore lint/suspicious/noExplicitAny: as in plain JavaScript.
    const Bare = Counter as any;
    const decorate = () => {
      class Service {
        @Bare
        run(): void {}
      }
      void Service;
    };
    expect(decorate).to.throw(
      '@Counter: the decorator must be called with its options (given none). Write @Counter({ name, help }).',
    );
  });

  it('reports all problems of a site at once', () => {
    const error = refusal(LooseCounter, {
      name: 'x y',
      help: '',
      label: {},
      by: -1,
      when: true,
      on: 'throws',
      labels: { __team: 'a', when: new Date(), kind: { reslt: () => 'x', oneOf: [] } },
    });
    expect(error.problems.map(({ code }) => code)).to.deep.equal([
      'illegal_name',
      'unknown_option',
      'missing_option',
      'illegal_label',
      'unknown_option',
      'illegal_label',
      'illegal_option',
      'illegal_option',
      'illegal_option',
    ]);
    expect(error.message).to.match(/^@Counter on .+: 9 problems\.\n {2}- metric name "x y" is not legal/);
  });

  it('requires a value for a gauge', () => {
    expect(refusal(LooseGauge, { name: 'x', help: 'X' }).message).to.contain('"value" is missing');
  });

  it('refuses readers of the result on @InFlight, where the call has only begun', () => {
    const error = refusal(LooseInFlight, { name: 'x', help: 'X', labels: { a: { result: () => 'x' } } });
    expect(error.message).to.contain('label "a": option "result" is unknown');
  });

  it('refuses a shared family of another kind', () => {
    const error = refusal(LooseCounter, teams, { labels: { team: 'a' } });
    expect(error.message).to.contain('family "teams" must be a counter (given a gauge)');
  });

  it('refuses labels that a shared family lacks, and reports labels that are missing', () => {
    const error = refusal(LooseCounter, requests, { labels: { team: 'a', tier: 'b' } });
    expect(error.problems.map(({ code }) => code)).to.deep.equal(['missing_label', 'illegal_label']);
    expect(error.message).to.contain('label "kind" of family "requests_total" is missing (given [team, tier])');
  });

  it('refuses a label policy at a site of a shared family', () => {
    const error = refusal(LooseCounter, requests, { labels: { team: 'a', kind: { args: () => 'x', limit: 3 } } });
    expect(error.message).to.contain('option "limit" is unknown');
  });

  it('accepts label and metric names that every object has as properties', () => {
    const family = defineCounter({ name: 'constructor', help: 'Fine', labels: { toString: {}, hasOwnProperty: {} } });
    expect(Object.keys(family.labels)).to.deep.equal(['toString', 'hasOwnProperty']);
  });

  it('refuses to decorate an accessor', () => {
    expect(() => {
      class Service {
        // @ts-expect-error the types refuse it as well
        @Counter({ name: 'x', help: 'X' })
        get value(): number {
          return 1;
        }
      }
      void Service;
    }).to.throw(/^@Counter on .*value"?: the decorator takes a method \(given (an accessor|a getter)\)/);
  });

  it('refuses to decorate a field', () => {
    expect(() => {
      class Service {
        // @ts-expect-error the types refuse it as well
        @Counter({ name: 'x', help: 'X' })
        value = () => 1;
      }
      void Service;
    }).to.throw(/^@Counter on .*value"?: the decorator takes a method \(given a field\)/);
  });
});
