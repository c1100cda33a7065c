import { buffer } from 'node:stream/consumers';
import { type Scrapable, scrape } from '../../lib/index.js';
import { type FamilyReading, readFamilies, readMediaType } from '../../lib/page/reading.js';

/** What the script of the page reads of a recorder: a real scrape, rendered as for the page. */
export async function readAll(scrapable: Scrapable): Promise<Map<string, FamilyReading>> {
  const { body, headers } = await scrape(scrapable, { method: 'GET', accept: readMediaType });
  if (!headers['Content-Type']?.includes('protobuf')) throw new Error('the answer is not in protobuf');
  return readFamilies(await buffer(body));
}

/** The reading of one family. */
export const readOne = async (scrapable: Scrapable, name: string): Promise<FamilyReading> =>
  (await readAll(scrapable)).get(name) ?? new Map();
