import { acceptsGzip, negotiated } from '../exposition/negotiation.js';
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
    const rendering = this.#renderingOf(request, era + whatIsAsked(request));
    const { status, headers, body } = await rendering.begun;
    rendering.body ??= new SharedBody(body);
    const reader = rendering.body.read();
    reader.once('end', () => this.#sent(reader.bytes));
    return { status, headers, body: reader };
  }

  #renderingOf(request: ScrapeRequest, key: string): Rendering {
    const running = this.#renderings.get(key);
    if (running !== undefined && (running.body === undefined || running.body.isOpen)) return running;
    const rendering: Rendering = { begun: scrape(this.#scrapable, request) };
    this.#renderings.set(key, rendering);
    void rendering.begun.then(({ body }) => {
      body.once('close', () => {
        if (this.#renderings.get(key) === rendering) this.#renderings.delete(key);
      });
    });
    return rendering;
  }
}

/** What two requests have in common that are answered by the same bytes. */
function whatIsAsked({ accept, acceptEncoding, names = [] }: ScrapeRequest): string {
  return JSON.stringify([negotiated(accept).contentType, acceptsGzip(acceptEncoding), names]);
}
