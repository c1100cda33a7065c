import { expect, use } from 'chai';
import { attachRecorder, defineGauge, Gauge } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';
import { mode } from './mode.js';

use(metricsAssertions);

interface Cluster {
  readonly name: string;
}

const resources = defineGauge({
  name: 'team_resources',
  help: 'Resources served per team',
  labels: { resource_type: { oneOf: ['cluster', 'route'] }, team: { limit: 2 } },
});

class Catalogue {
  readonly #clusters: Cluster[] = [{ name: 'a' }, { name: 'b' }];

  @Gauge(resources, {
    labels: { resource_type: 'cluster', team: (team) => team },
    value: (clusters) => clusters.length,
  })
  async listByTeam(team: string): Promise<Cluster[]> {
    if (team === 'nobody') throw new Error('unknown team');
    return this.#clusters;
  }

  @Gauge({
    name: 'queue_length',
    help: 'Length of the queue',
    value: (length) => length,
    when: (length, _given, force) => length > 0 || force,
  })
  queue(length: number, _force: boolean): number {
    return length;
  }

  @Gauge({ name: 'started', help: 'Whether it started', value: 1, initial: [{ zone: 'eu' }], labels: { zone: 'us' } })
  start(): void {}
}

describe(`@Gauge (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;
  let catalogue: Catalogue;

  beforeEach(() => {
    recorder = new MemoryRecorder({ onError: () => undefined });
    catalogue = attachRecorder(new Catalogue(), recorder);
  });

  it('sets the value that it reads from the awaited result', async () => {
    expect(await catalogue.listByTeam('payments')).to.have.length(2);
    expect(recorder).to.have.series('team_resources', { resource_type: 'cluster', team: 'payments' }).with.value(2);
  });

  it('leaves the gauge as it was when the call rejects', async () => {
    await catalogue.listByTeam('payments');
    const reason = await catalogue.listByTeam('nobody').catch((error: Error) => error.message);
    expect(reason).to.equal('unknown team');
    expect(recorder.series('team_resources')).to.have.length(1);
  });

  it('records only the calls for which "when" is true', () => {
    catalogue.queue(5, false);
    catalogue.queue(0, false);
    expect(recorder).to.have.series('queue_length').with.value(5);
    catalogue.queue(0, true);
    expect(recorder).to.have.series('queue_length').with.value(0);
  });

  it('accepts a constant value, and exposes the initial series at 0', () => {
    catalogue.start();
    expect(recorder.series('started')).to.deep.equal([
      { labels: { zone: 'eu' }, value: 0 },
      { labels: { zone: 'us' }, value: 1 },
    ]);
  });

  it('drops a value past the limit of a label, because a gauge cannot be summed up as "other"', async () => {
    for (const team of ['a', 'b', 'c']) await catalogue.listByTeam(team);
    expect(recorder.series('team_resources').map(({ labels }) => labels['team'])).to.deep.equal(['a', 'b']);
    expect(recorder.drops).to.deep.equal([{ metric: 'team_resources', reason: 'overflow' }]);
  });
});
