import autocannon from 'autocannon';
import { expect } from 'chai';
import { until } from '../until.js';
import { ask } from './ask.js';
import { Served, sampleIn, servers, withSeries } from './served.js';

const series = 10_000;
const warmup = 20;
// Why so many: were their bodies kept, they would be twice what may be retained.
const scrapes = 80;

for (const [name, Server] of Object.entries(servers)) {
  describe(`A metrics server on ${name}, scraped on ten connections at once`, () => {
    const served = new Served(Server);
    after(() => served.close());

    // Why gzip once: the servers differ in how they receive a request, and not in how they compress.
    for (const encoding of name === 'Koa' ? ['identity'] : ['identity', 'gzip']) {
      it(`answers every scrape of ${series} series in full, and retains no memory (${encoding})`, async () => {
        const { url } = await served.serve(withSeries(series));
        const headers = { 'accept-encoding': encoding };
        const warmed = await autocannon({ url, headers, connections: 10, amount: warmup });
        global.gc?.();
        const before = process.memoryUsage();
        const load = await autocannon({ url, headers, connections: 10, amount: scrapes });
        global.gc?.();
        const after = process.memoryUsage();
        for (const { errors, timeouts, non2xx } of [warmed, load]) {
          expect({ errors, timeouts, non2xx }).to.deep.equal({ errors: 0, timeouts: 0, non2xx: 0 });
        }
        // Why waited for: the last answers are counted when their connections are closed.
        await until(async () => {
          const { body } = await ask(`${url}?name[]=flowplane_metrics_scrapes_total`);
          return sampleIn(body, 'flowplane_metrics_scrapes_total{code="200",format="text"}') >= warmup + scrapes;
        });
        const { body } = await ask(url);
        expect(body.match(/^visits_total\{/gm)).to.have.length(series);
        expect((after.heapUsed + after.external - before.heapUsed - before.external) / 2 ** 20).to.be.below(15);
      });
    }
  });
}
