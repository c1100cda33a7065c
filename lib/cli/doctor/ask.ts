import { explained, type Settings } from './causes.js';
import type { Finding } from './step.js';

/** An answer that came, whole. */
export interface Answer {
  readonly body: string;
  readonly contentType: string;
  readonly seconds: number;
  /** By how many seconds the clock over there is ahead of ours; `undefined` where it does not say. */
  readonly clockAhead: number | undefined;
}

/** Somewhere to ask, and with which headers. */
export interface Place {
  readonly url: string;
  readonly headers: Headers;
}

const patience = 10_000;
const mostBytes = 64 * 2 ** 20;

/** Asks, and gives the answer where it is 2xx; what is wrong otherwise, in the words of the first row that fits. */
export async function ask(what: string, { url, headers }: Place, settings: Settings): Promise<Answer | Finding> {
  const begun = Date.now();
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(patience) });
    const body = await textOf(response);
    if (!response.ok)
      return explained(`${what} answers ${url} with ${response.status}`, String(response.status), settings);
    const ended = Date.now();
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      body,
      contentType: response.headers.get('content-type') ?? '',
      seconds: (ended - begun) / 1000,
      clockAhead: Number.isNaN(date) ? undefined : (date - (begun + ended) / 2) / 1000,
    };
  } catch (error) {
    const reason = reasonOf(error);
    return explained(`${what} cannot be reached at ${url} (${reason})`, reason, settings);
  }
}

/** Why not simply `response.text()`: what is asked may send without end, or a few bytes that unpack to gigabytes. */
async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new Error(`more than ${mostBytes / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export const isFinding = (answer: Answer | Finding): answer is Finding => 'status' in answer;

/** The innermost words: fetch itself says no more than that it failed. */
function reasonOf(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `ETIMEDOUT after ${patience / 1000} s`;
  return cause?.code ?? cause?.message ?? message;
}
