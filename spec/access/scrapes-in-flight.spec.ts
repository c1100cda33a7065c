import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type EndedScrape, ScrapesInFlight } from '../../lib/access/scrapes-in-flight.js';

describe('ScrapesInFlight', () => {
  it('gives back the place of a client that had gone away before its scrape was admitted', async () => {
    const ended: EndedScrape[] = [];
    const scrapes = new ScrapesInFlight(1, {
      scrapeStarted: () => undefined,
      scrapeEnded: (scrape) => ended.push(scrape),
    });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    client.on('error', () => undefined);
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    client.destroy();
    await once(response, 'close');
    expect(scrapes.acquire(response)).not.to.equal(undefined);
    expect(ended.map(({ code }) => code)).to.deep.equal(['aborted']);
    expect(scrapes.acquire(response)).not.to.equal(undefined);
    server.close();
  });
});
