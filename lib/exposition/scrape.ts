import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { ExposedFamily, Scrapable, ScrapeLimits } from '../store/exposed-family.js';
import { acceptsGzip, negotiated } from './negotiation.js';

/** What a scrape asks for, whatever the web framework. */
export interface ScrapeRequest {
  readonly method: string;
  readonly accept?: string | undefined;
  readonly acceptEncoding?: string | undefined;
  /** `?name[]=`: only these families, by the name of the family or of a sample. */
  readonly names?: readonly string[];
  /** `X-Prometheus-Scrape-Timeout-Seconds`: for so long the scraper waits. */
  readonly timeout?: string | undefined;
}

/** What to answer a scrape with, in the terms of HTTP. */
export interface ScrapeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes, rendered while they are read: read or destroy it. `text(body)` of `node:stream/consumers` reads it all. */
  readonly body: Readable;
}

const plainText = { 'Content-Type': 'text/plain; charset=utf-8' };

/** Answers a scrape. Never rejects: what goes wrong is a 500 of one line. */
export async function scrape(scrapable: Scrapable, request: ScrapeRequest): Promise<ScrapeResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refusal(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' });
  }
  try {
    return await answer(scrapable, request);
  } catch {
    return refusal(500, 'The metrics could not be collected.');
  }
}

async function answer(scrapable: Scrapable, request: ScrapeRequest): Promise<ScrapeResponse> {
  const { format, contentType } = negotiated(request.accept);
  const families = selected(await scrapable.exposedFamilies(limits(request)), request.names ?? []);
  const isGzip = acceptsGzip(request.acceptEncoding);
  const headers = {
    'Content-Type': contentType,
    Vary: 'Accept, Accept-Encoding',
    ...(isGzip && { 'Content-Encoding': 'gzip' }),
  };
  if (request.method === 'HEAD') return { status: 200, headers, body: Readable.from([]) };
  const chunks = paced(format.render(families));
  const body = isGzip ? compressed(chunks) : Readable.from(copied(chunks), { objectMode: false });
  return { status: 200, headers, body };
}

/** For so many milliseconds at a time the rendering has the event loop for itself. */
const turn = 0.5;

async function* paced(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  let began = performance.now();
  for (const chunk of chunks) {
    yield chunk;
    if (performance.now() - began < turn) continue;
    await setImmediate();
    began = performance.now();
  }
}

/** Chunks that their reader may keep. */
async function* copied(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

// Why the least effort: metrics are so repetitive that more of it saves few bytes.
function compressed(chunks: AsyncIterable<Buffer>): Readable {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  compress(chunks, gzip).catch((error) => gzip.destroy(error));
  return gzip;
}

/** Why not a pipeline: a chunk that was compressed can be written over, and no copy of it is needed. */
async function compress(chunks: AsyncIterable<Buffer>, gzip: Gzip): Promise<void> {
  const closed = new Promise<void>((resolve) => gzip.once('close', resolve));
  for await (const chunk of chunks) {
    const written = new Promise<void>((resolve) => gzip.write(chunk, () => resolve()));
    await Promise.race([written, closed]);
    if (gzip.destroyed) return;
  }
  gzip.end();
}

// Why: a timer of Node that is to wait for more than 24 days does not wait at all.
const longest = 3600;

function limits({ timeout }: ScrapeRequest): ScrapeLimits {
  const seconds = Number(timeout);
  return seconds > 0 ? { timeoutSeconds: Math.min(seconds, longest) } : {};
}

function selected(families: readonly ExposedFamily[], names: readonly string[]): readonly ExposedFamily[] {
  if (names.length === 0) return families;
  const wanted = new Set(names.flatMap((name) => [name, name.replace(/_(bucket|sum|count)$/, '')]));
  return families.filter(({ name }) => wanted.has(name) || wanted.has(name.replace(/_total$/, '')));
}

function refusal(status: number, line: string, headers: Readonly<Record<string, string>> = {}): ScrapeResponse {
  return { status, headers: { ...plainText, ...headers }, body: Readable.from([Buffer.from(`${line}\n`)]) };
}
