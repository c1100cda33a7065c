import { expect } from 'chai';
import { attachRecorder, Counter, defineCounter, InFlight } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { mode } from './mode.js';

const shared = defineCounter({ name: 'shared_total', help: 'Shared', labels: { team: {}, outcome: {} } });

class Service {
  @Counter({ name: 'limited_total', help: 'Limited', labels: { team: { limit: 5 } } })
  @Counter({ name: 'quiet_total', help: 'Quiet', labels: { team: {} }, advice: false })
  @Counter({ name: 'read_total', help: 'Read', labels: { team: { args: (team: string) => team, limit: 5 }, one: 'a' } })
  @Counter(shared, { labels: { team: {}, outcome: { result: () => 'done' } } })
  @InFlight({ name: 'running', help: 'Running', labels: { team: {} } })
  run(_team: string): void {}
}

describe(`A label that a decorator gives policies only (${mode} decorators)`, () => {
  it('gets advice at the first call, as it is always empty, unless advice is off', () => {
    const recorder = new MemoryRecorder({ strict: false });
    const service = attachRecorder(new Service(), recorder);
    service.run('payments');
    service.run('payments');
    expect(recorder.value('limited_total')).to.equal(2);
    const advice = recorder.advice.filter(({ code }) => code === 'unread_label').map(({ message }) => message);
    const remedy =
      'is always empty here (given no reader). Write team: { args: (team) => team }, or result or error where these have the value; or remove the label.';
    expect(advice.toSorted()).to.deep.equal([
      `@Counter on Service.run: label "team" of family "limited_total" ${remedy}`,
      `@Counter on Service.run: label "team" of family "shared_total" ${remedy}`,
      `@InFlight on Service.run: label "team" of family "running" ${remedy}`,
    ]);
  });
});
