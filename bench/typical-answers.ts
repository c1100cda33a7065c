import { gzipSync } from 'node:zlib';
import { scrape } from 'flowplane-metrics';
import type { Measurement, Row } from './measurement.js';
import { clientsOf, loadPeer, ourService, theirService } from './typical-service.js';

async function ourAnswer(): Promise<Buffer> {
  const { body } = await scrape(ourService(30), { method: 'GET' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

const theirAnswer = async (peer: string): Promise<Buffer> =>
  Buffer.from(await theirService(loadPeer(peer), 30).metrics());

/** The size of the answer to a scrape. The names, the values and the compression are the same on both sides. */
const sizes = (sizeOf: (answer: Buffer) => number): Row['clients'] =>
  clientsOf<Measurement>(
    async () => sizeOf(await ourAnswer()),
    (peer) => async () => sizeOf(await theirAnswer(peer)),
  );

export const rows: Readonly<Record<string, Row>> = {
  'answer, 1,000 series': {
    unit: 'B',
    goals: { 'prom-client': 1.05 },
    clients: sizes((answer) => answer.length),
  },
  'answer, 1,000 series, gzip': {
    unit: 'B',
    goals: { 'prom-client': 1.1 },
    clients: sizes((answer) => gzipSync(answer).length),
  },
};
