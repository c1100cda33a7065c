import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ExposedFamily, Scrapable } from './exposed-family.js';
import { acceptsGzip, negotiated } from './negotiation.js';

/** What a scrape asks for, whatever the web framework. */
export interface ScrapeRequest {
  readonly method: string;
  readonly accept?: string | undefined;
  readonly acceptEncoding?: string | undefined;
  /** `?name[]=`: only these families, by the name of the family or of a sample. */
  readonly names?: readonly string[];
}

/** What to answer a scrape with, in the terms of HTTP. */
export interface ScrapeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const compressed = promisify(gzip);
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
  const families = selected(await scrapable.exposedFamilies(), request.names ?? []);
  const rendered = format.render(families);
  const headers = { 'Content-Type': contentType, Vary: 'Accept, Accept-Encoding' };
  if (!acceptsGzip(request.acceptEncoding)) return response(200, headers, rendered);
  return response(200, { ...headers, 'Content-Encoding': 'gzip' }, await compressed(rendered));
}

function selected(families: readonly ExposedFamily[], names: readonly string[]): readonly ExposedFamily[] {
  if (names.length === 0) return families;
  const wanted = new Set(names.flatMap((name) => [name, name.replace(/_(bucket|sum|count)$/, '')]));
  return families.filter(({ name }) => wanted.has(name) || wanted.has(name.replace(/_total$/, '')));
}

function refusal(status: number, line: string, headers: Readonly<Record<string, string>> = {}): ScrapeResponse {
  return response(status, { ...plainText, ...headers }, Buffer.from(`${line}\n`));
}

function response(status: number, headers: Readonly<Record<string, string>>, body: Buffer): ScrapeResponse {
  return { status, headers: { ...headers, 'Content-Length': String(body.length) }, body };
}
