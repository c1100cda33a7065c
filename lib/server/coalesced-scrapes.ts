import { SingleFlight } from '../async/single-flight.js';
import { acceptsGzip, negotiated } from '../exposition/negotiation.js';
import { type ScrapeRequest, type ScrapeResponse, scrape } from '../exposition/scrape.js';
import type { Scrapable } from '../store/exposed-family.js';
import type { EndpointMetrics } from './endpoint-metrics.js';
import { SharedBody } from './shared-body.js';

interface Rendering extends Omit<ScrapeResponse, 'body'> {
  readonly body: SharedBody;
}

/** Answers scrapes. A scrape that asks for the same as another one, which is being rendered, gets the same bytes. */
export class CoalescedScrapes {
  readonly #scrapable: Scrapable;
  readonly #metrics: EndpointMetrics;
  /** The scrapes whose values are being collected. */
  readonly #starts = new SingleFlight<string, Rendering>();
  /** The scrapes whose bytes are being sent. */
  readonly #renderings = new Map<string, Rendering>();

  constructor(scrapable: Scrapable, metrics: EndpointMetrics) {
    this.#scrapable = scrapable;
    this.#metrics = metrics;
  }

  /** @param generation scrapes of different generations never share bytes. */
  async answer(request: ScrapeRequest, generation: string): Promise<ScrapeResponse> {
    if (request.method !== 'GET') return scrape(this.#scrapable, request);
    const key = `${generation} ${cacheKey(request)}`;
    const { status, headers, body } =
      this.#joinable(key) ?? (await this.#starts.run(key, () => this.#start(key, request)));
    const reader = body.read();
    reader.once('end', () => this.#metrics.countSentBytes(reader.bytes));
    return { status, headers, body: reader };
  }

  #joinable(key: string): Rendering | undefined {
    const rendering = this.#renderings.get(key);
    return rendering?.body.isOpen ? rendering : undefined;
  }

  async #start(key: string, request: ScrapeRequest): Promise<Rendering> {
    const { body, ...head } = await scrape(this.#scrapable, request);
    const rendering = { ...head, body: new SharedBody(body) };
    this.#renderings.set(key, rendering);
    body.once('close', () => {
      if (this.#renderings.get(key) === rendering) this.#renderings.delete(key);
    });
    return rendering;
  }
}

/** Two requests with the same key are answered by the same bytes. */
const cacheKey = ({ accept, acceptEncoding, names = [] }: ScrapeRequest): string =>
  JSON.stringify([negotiated(accept).contentType, acceptsGzip(acceptEncoding), names]);

/** The name of the format that a request is answered in. */
export function formatName({ accept }: ScrapeRequest): string {
  return negotiated(accept).contentType.startsWith('application/openmetrics') ? 'openmetrics' : 'text';
}
