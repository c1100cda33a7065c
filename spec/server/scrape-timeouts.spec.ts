import { expect } from 'chai';
import { defineGauge, PrometheusRecorder } from '../../lib/index.js';
import { until } from '../until.js';
import { ask } from './ask.js';
import { Served, servers } from './served.js';

const slow = defineGauge({ name: 'slow', help: 'A gauge that the spec computes when it likes' });
const steady = defineGauge({ name: 'steady', help: 'A gauge that is set' });

for (const [name, Server] of Object.entries(servers)) {
  describe(`A metrics server on ${name}, with a collector that takes its time`, () => {
    const served = new Served(Server);
    let url: string;
    /** One for each run of the collector. */
    let ends: ((value: number) => void)[];

    const scraped = async (seconds: string, query = ''): Promise<string> =>
      (await ask(url + query, { headers: { 'x-prometheus-scrape-timeout-seconds': seconds } })).body;

    beforeEach(async () => {
      ends = [];
      const recorder = new PrometheusRecorder({ onError: () => undefined });
      recorder.gauge(steady).set({}, 7);
      recorder.gauge(slow).collect(
        () =>
          new Promise((resolve) => {
            ends.push(resolve);
          }),
      );
      ({ url } = await served.serve(recorder));
    });

    afterEach(() => served.close());

    for (const [order, timeouts] of [
      ['the patient one first', ['600', '0.05']],
      ['the hasty one first', ['0.05', '600']],
    ] as const) {
      it(`answers scrapers with different timeouts at once, each within its own (${order})`, async () => {
        const shown = new Map(timeouts.map((seconds) => [seconds, scraped(seconds)]));
        expect(await shown.get('0.05'))
          .to.contain('\nsteady 7\n')
          .and.not.contain('\nslow');
        await until(() => ends.length > 0);
        for (const end of ends) end(3);
        expect(await shown.get('600'))
          .to.contain('\nsteady 7\n')
          .and.contain('\nslow 3\n');
      });
    }

    it('answers a scrape of another family by name without running the collector', async () => {
      expect(await scraped('600', '?name[]=steady')).to.equal(
        '# HELP steady A gauge that is set\n# TYPE steady gauge\nsteady 7\n',
      );
      expect(ends).to.deep.equal([]);
    });
  });
}
