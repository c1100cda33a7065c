import { expect } from 'chai';
import { randomOf } from '../exposition-reader/mutations.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { randomQuery } from './random-queries.js';

for (const command of ['prometheus', 'prometheus-3']) {
  describe(`Queries of declared families in a real ${command}`, () => {
    let prometheus: PrometheusServer;

    before(async function () {
      needs(this, command);
      prometheus = await PrometheusServer.start('http://127.0.0.1:9/metrics', command);
    });

    after(() => prometheus?.stop());

    it('evaluate, whatever is combined', async () => {
      const random = randomOf(11);
      for (let i = 0; i < 150; i++) {
        // Why caught by the helper: it throws the error of Prometheus with the expression.
        expect(await prometheus.query(String(randomQuery(random)))).to.be.an('array');
      }
    });
  });
}
