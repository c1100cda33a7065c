import { expect } from 'chai';
import { PrometheusRecorder } from '../../lib/index.js';
import { ListeningProcess } from '../listening-process.js';
import { needs } from '../needs.js';
import { depth, generations, jobs, wait } from './registries.js';

/** Starts a Pushgateway that keeps nothing: Debian's has a file of the machine by default, which all of them share. */
const startGateway = (): Promise<ListeningProcess> =>
  ListeningProcess.start('prometheus-pushgateway', ['--web.listen-address=127.0.0.1:0', '--persistence.file=']);

for (const [generation, load] of generations)
  describe(`A recorder with a registry of ${generation}`, () => {
    it('pushes its families to a Pushgateway', async function () {
      if (generation !== 'prom-client') needs(this, generation);
      needs(this, 'prometheus-pushgateway');
      const client = load();
      const registry = new client.Registry();
      const recorder = new PrometheusRecorder({ registry });
      recorder.counter(jobs).inc({ queue: 'a"b' }, 2);
      recorder.gauge(depth).set({}, 7);
      recorder.histogram(wait).observe({}, 0.5);
      const gateway = await startGateway();
      try {
        await new client.Pushgateway(gateway.url, {}, registry).push({ jobName: 'nightly' });
        const shown = await (await fetch(`${gateway.url}/metrics`)).text();
        expect(shown).to.contain('\njobs_total{instance="",job="nightly",queue="a\\"b"} 2\n');
        expect(shown).to.contain('\ndepth{instance="",job="nightly"} 7\n');
        expect(shown).to.contain('\nwait_seconds_bucket{instance="",job="nightly",le="1"} 1\n');
      } finally {
        await gateway.stop();
      }
    });
  });

describe('A Pushgateway of the specs', () => {
  it('keeps nothing of what was pushed to the one before', async function () {
    needs(this, 'prometheus-pushgateway');
    for (let round = 0; round < 2; round++) {
      const gateway = await startGateway();
      try {
        const shown = async () => (await fetch(`${gateway.url}/metrics`)).text();
        expect(await shown()).to.not.contain('kept_total');
        await fetch(`${gateway.url}/metrics/job/nightly`, { method: 'POST', body: 'kept_total 1\n' });
        expect(await shown()).to.contain('kept_total{instance="",job="nightly"} 1\n');
      } finally {
        await gateway.stop();
      }
    }
  });
});
