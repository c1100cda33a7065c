import { SingleFlight } from '../async/single-flight.js';
import { WholeBody } from '../exposition/body.js';
import { type NegotiatedFormat, negotiate } from '../exposition/negotiation.js';
import { limitsOf, type ScrapeRequest, type ScrapeResponse, scrape } from '../exposition/scrape.js';
import { toReadable } from '../http/send-response.js';
import type { Scrapable } from '../store/exposed-family.js';
import type { EndpointMetrics } from './endpoint-metrics.js';
import { SharedBody } from './shared-body.js';

interface Rendering extends Omit<ScrapeResponse, 'body'> {
  readonly body: SharedBody | WholeBody;
}

/** Answers scrapes. A scrape that asks for the same as another one, which is being rendered, gets the same bytes. */
export class CoalescedScrapes {
  readonly #scrapable: Scrapable;
  readonly #metrics: EndpointMetrics;
  /** The scrapes whose values are being collected. */
  readonly #starts = new SingleFlight<string, Rendering>();
  /** The scrapes whose bytes are being sent. */
  readonly #renderings = new Map<string, Rendering & { readonly body: SharedBody }>();

  constructor(scrapable: Scrapable, metrics: EndpointMetrics) {
    this.#scrapable = scrapable;
    this.#metrics = metrics;
  }

  /** @param generation scrapes of different generations never share bytes. */
  async answer(request: ScrapeRequest, generation: string): Promise<ScrapeResponse> {
    const negotiated = negotiate(request, this.#scrapable.formats);
    if (request.method !== 'GET') return scrape(this.#scrapable, request, negotiated);
    const key = `${generation} ${cacheKey(negotiated, request)}`;
    const start = () => this.#start(key, request, negotiated);
    const { body, ...head } = this.#joinable(key) ?? (await this.#starts.run(key, start));
    if (body instanceof WholeBody) {
      this.#metrics.countSentBytes(body.bytes.length);
      return { ...head, body };
    }
    const reader = body.read();
    reader.once('end', () => this.#metrics.countSentBytes(reader.bytes));
    return { ...head, body: reader };
  }

  #joinable(key: string): Rendering | undefined {
    const rendering = this.#renderings.get(key);
    return rendering?.body.isOpen ? rendering : undefined;
  }

  async #start(key: string, request: ScrapeRequest, negotiated: NegotiatedFormat): Promise<Rendering> {
    const { body, ...head } = await scrape(this.#scrapable, request, negotiated);
    if (body instanceof WholeBody) return { ...head, body };
    const source = toReadable(body);
    const rendering = { ...head, body: new SharedBody(source) };
    this.#renderings.set(key, rendering);
    source.once('close', () => {
      if (this.#renderings.get(key) === rendering) this.#renderings.delete(key);
    });
    return rendering;
  }
}

/**
 * Two requests with the same key are answered by the same bytes. Why with the timeout: the bytes of a scraper that waits
 * shorter may lack what is computed slowly, and those of one that waits longer may come too late.
 */
const cacheKey = ({ contentType, encoding }: NegotiatedFormat, request: ScrapeRequest): string =>
  JSON.stringify([contentType, encoding, limitsOf(request)]);
