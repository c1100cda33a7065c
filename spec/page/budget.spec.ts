import { expect } from 'chai';
import { defineCounter, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { describeBudget, measureBudget } from '../../lib/page/budget.js';
import { linkTo, listExemplars } from '../../lib/page/exemplars.js';
import { readOne } from './read.js';

const calls = defineCounter({ name: 'calls_total', help: 'Calls', labels: { outcome: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2, 4] });

describe('The page compares with an objective', () => {
  it('the errors of a counter, and says what is left of the budget', async () => {
    const objective = { ratio: 0.99, days: 30, errors: { outcome: ['error', 'timeout'] } };
    const recorder = new PrometheusRecorder();
    recorder.counter(calls).inc({ outcome: 'ok' }, 1990);
    recorder.counter(calls).inc({ outcome: 'error' }, 4);
    recorder.counter(calls).inc({ outcome: 'timeout' }, 6);
    const budget = measureBudget(objective, await readOne(recorder, 'calls_total'));
    expect(describeBudget(objective, budget)).to.equal(
      'Since the process started: 10 of 2,000 events were bad (allowed: 1 %). 50 % of the error budget for them remains.',
    );
    recorder.counter(calls).inc({ outcome: 'error' }, 100);
    expect(describeBudget(objective, measureBudget(objective, await readOne(recorder, 'calls_total')))).to.contain(
      'That is 5.24 times the error budget.',
    );
  });

  it('the observations of a histogram that are above the bound', async () => {
    const objective = { ratio: 0.5, days: 30, under: 2 };
    const recorder = new PrometheusRecorder();
    for (const value of [0.5, 2, 3, 9]) recorder.histogram(wait).observe({}, value);
    expect(measureBudget(objective, await readOne(recorder, 'wait_seconds'))).to.deep.equal({
      events: 4,
      errors: 2,
      remaining: 0,
    });
  });

  it('with no errors at all, before the first event', () => {
    expect(
      describeBudget({ ratio: 0.9, days: 30, under: 1 }, measureBudget({ ratio: 0.9, days: 30 }, new Map())),
    ).to.equal('No event since the process started.');
  });
});

describe('The page leads from an exemplar', () => {
  it('to the address of the template, whatever the label says', () => {
    const labels = new Map([['trace_id', '../"><script>']]);
    expect(linkTo('https://traces.example/t/{trace_id}?x', labels)).to.equal(
      'https://traces.example/t/..%2F%22%3E%3Cscript%3E?x',
    );
  });

  it('nowhere, where it lacks a label of the template', () => {
    expect(linkTo('https://traces.example/{span_id}', new Map([['trace_id', 'a']]))).to.equal(undefined);
  });

  it('the youngest first', async () => {
    const recorder = new PrometheusRecorder();
    for (const value of [0.5, 1.5, 3])
      recorder.histogram(wait).observe({}, value, { exemplar: { trace_id: `t${value}` } });
    const exemplars = listExemplars(await readOne(recorder, 'wait_seconds'), new Map());
    expect(exemplars.map(({ value }) => value)).to.have.members([0.5, 1.5, 3]);
    const times = exemplars.map(({ timestamp = 0 }) => timestamp);
    expect([...times].sort((a, b) => b - a)).to.deep.equal(times);
  });
});
