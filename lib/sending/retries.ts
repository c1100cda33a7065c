import { setTimeout as wait } from 'node:timers/promises';
import type { HttpClient, OutgoingRequest, ReceiverResponse } from './http-client.js';
import { Unanswered } from './http-client.js';

/** How a request has ended that was tried more than once where that helps. */
export type Delivery =
  | { readonly answer: ReceiverResponse; readonly reason?: undefined; readonly retryAfterSeconds?: number | undefined }
  | { readonly answer?: undefined; readonly reason: string; readonly retryAfterSeconds?: undefined };

/** How long, and how often, a request is tried. */
export interface Persistence {
  /** How long each try may take. */
  readonly trySeconds: number;
  /** How long all of it may take. */
  readonly seconds: number;
  /** How many tries there may be. */
  readonly maxTries: number;
  /** Ends it at once. */
  readonly signal?: AbortSignal | undefined;
}

/** Answers that a later try may change. Source: OpenTelemetry, "OTLP/HTTP Response", which all receivers here follow. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const firstPauseSeconds = 0.5;
const maxPauseSeconds = 8;
/** A receiver is not believed that it wants to be left alone for longer. Why: a wrong clock there would stop every export. */
const maxRetryAfterSeconds = 300;

/** Tries a request until it is answered for good, or until there is no time for one more try. Never rejects. */
export async function deliver(client: HttpClient, request: OutgoingRequest, given: Persistence): Promise<Delivery> {
  const { trySeconds, seconds, maxTries, signal } = given;
  const deadline = performance.now() + seconds * 1000;
  for (let tries = 1; ; tries++) {
    const left = (deadline - performance.now()) / 1000;
    const delivery = await tryOnce(client, request, Math.min(trySeconds, Math.max(left, 0.001)), signal);
    if (!isWorthRetrying(delivery) || tries >= maxTries || signal?.aborted) return delivery;
    const pause = delivery.retryAfterSeconds ?? pauseAfter(tries);
    if (performance.now() + pause * 1000 >= deadline) return delivery;
    // Why nothing where it is given up: it is looked at next.
    await wait(pause * 1000, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
    if (signal?.aborted) return delivery;
  }
}

async function tryOnce(
  client: HttpClient,
  request: OutgoingRequest,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<Delivery> {
  try {
    const answer = await sendOnce(client, request, seconds, signal);
    return { answer, retryAfterSeconds: retryable.has(answer.status) ? readRetryAfter(answer) : undefined };
  } catch (error) {
    return { reason: error instanceof Unanswered ? error.message : 'the request could not be made' };
  }
}

/** Sends it over a new connection at once, where the one that was kept had been closed meanwhile. */
async function sendOnce(
  client: HttpClient,
  request: OutgoingRequest,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<ReceiverResponse> {
  try {
    return await client.send(request, seconds, signal);
  } catch (error) {
    if (error instanceof Unanswered && error.wasKept) return client.send(request, seconds, signal);
    throw error;
  }
}

const isWorthRetrying = ({ answer }: Delivery): boolean => answer === undefined || retryable.has(answer.status);

/** How long the receiver wants to be left alone, in seconds: `Retry-After` has them, or a date. */
function readRetryAfter({ headers }: ReceiverResponse): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), maxRetryAfterSeconds);
}

/** Why partly by chance: services that were refused together must not come back together. */
const pauseAfter = (tries: number): number =>
  Math.min(firstPauseSeconds * 2 ** (tries - 1), maxPauseSeconds) * (0.5 + Math.random() / 2);
