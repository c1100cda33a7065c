import { text } from 'node:stream/consumers';
import { type Scrapable, scrape } from '../../lib/index.js';

/** The samples of a scrape, without comments and without what begins with `flowplane_metrics_`. */
export async function samplesOf(scrapable: Scrapable): Promise<string[]> {
  const { body } = await scrape(scrapable, { method: 'GET' });
  return (await text(body))
    .split('\n')
    .filter((line) => line !== '' && !/^(#|flowplane_metrics_|process_|nodejs_)/.test(line));
}
