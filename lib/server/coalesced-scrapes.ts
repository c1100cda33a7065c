import { type NegotiatedFormat, negotiate } from '../exposition/negotiation.js';
import { type ScrapeRequest, type ScrapeResponse, scrape } from '../exposition/scrape.js';
import type { Scrapable } from '../store/exposed-family.js';
import { SharedBody } from './shared-body.js';

interface Rendering {
  readonly begun: Promise<ScrapeResponse>;
  /** Absent while the values are still collected. */
  body?: SharedBody;
}

/** Answers scrapes; one that asks for the same as another that is being rendered gets the same bytes. */
export class SharedScrapes {
  readonly #scrapable: Scrapable;
  readonly #renderings = new Map<string, Rendering>();

  readonly #sent: (bytes: number) => void;

  /** @param sent hears how many bytes of a body were read, when it has been read to its end. */
  constructor(scrapable: Scrapable, sent: (bytes: number) => void) {
    this.#scrapable = scrapable;
    this.#sent = sent;
  }

  /** @param era a scrape shares nothing with one of another era. */
  async answer(request: ScrapeRequest, era: string): Promise<ScrapeResponse> {
    if (request.method !== 'GET') return scrape(this.#scrapable, request);
    const rendering = this.#renderingOf(request, era);
    const response = await rendering.begun;
    rendering.body ??= new SharedBody(response.body);
    const reader = rendering.body.read();
    reader.once('end', () => this.#sent(reader.bytes));
    return { ...response, body: reader };
  }

  #renderingOf(request: ScrapeRequest, era: string): Rendering {
    const negotiated = negotiate(request, this.#scrapable.formats);
    const key = era + cacheKey(negotiated, request);
    const running = this.#renderings.get(key);
    if (running !== undefined && (running.body === undefined || running.body.isOpen)) return running;
    const rendering: Rendering = { begun: scrape(this.#scrapable, request, negotiated) };
    this.#renderings.set(key, rendering);
    void rendering.begun.then(({ body }) => {
      body.once('close', () => {
        if (this.#renderings.get(key) === rendering) this.#renderings.delete(key);
      });
    });
    return rendering;
  }
}

/** The same for two requests that are answered by the same bytes. */
function cacheKey({ contentType, encoding }: NegotiatedFormat, { names = [] }: ScrapeRequest): string {
  return JSON.stringify([contentType, encoding, names]);
}
