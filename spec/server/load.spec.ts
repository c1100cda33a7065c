import autocannon from 'autocannon';
import { expect } from 'chai';
import { ask } from './ask.js';
import { Served, sampleIn, servers, withSeries } from './served.js';

const series = 10_000;
const seconds = 2;

for (const [name, Server] of Object.entries(servers)) {
  describe(`A metrics server on ${name}, scraped 200 times a second`, function () {
    this.timeout(60_000);
    const served = new Served(Server);
    after(() => served.close());

    for (const encoding of ['identity', 'gzip']) {
      it(`answers every scrape of ${series} series in full, and keeps nothing (${encoding})`, async () => {
        const { url } = await served.serve(withSeries(series));
        const headers = { 'accept-encoding': encoding };
        const warmed = await autocannon({ url, headers, connections: 10, amount: 100 });
        global.gc?.();
        const before = process.memoryUsage();
        const { errors, timeouts, non2xx, requests } = await autocannon({
          url,
          headers,
          connections: 10,
          overallRate: 200,
          duration: seconds,
        });
        global.gc?.();
        const after = process.memoryUsage();
        const { body } = await ask(url);
        expect({ errors, timeouts, non2xx, warmed: warmed.non2xx }).to.deep.equal({
          ...{ errors: 0, timeouts: 0, non2xx: 0, warmed: 0 },
        });
        const scrapes = sampleIn(body, 'flowplane_metrics_scrapes_total{code="200",format="text"}');
        const size = sampleIn(body, 'flowplane_metrics_scrape_size_bytes_count');
        // Where a load is over, some scrapes may be on their way.
        expect(scrapes).to.be.within(requests.total, requests.total + 120);
        expect(size).to.be.at.least(scrapes);
        expect(body.match(/^visits_total\{/gm)).to.have.length(series);
        expect((after.heapUsed + after.external - before.heapUsed - before.external) / 2 ** 20).to.be.below(30);
      });
    }
  });
}
