import { EventEmitter } from 'node:events';

/** The request of Fetch. */
interface FetchedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: object;
  readonly signal: object;
}

/**
 * A request and its response where they are those of Fetch, in the shape of those of `node:http`, which the metrics read.
 *
 * Why: the end of a response, its status and its size then have the same meaning for all frameworks.
 */
export class FetchExchange extends EventEmitter {
  readonly req;
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;

  constructor(request: FetchedRequest) {
    super();
    const { method, url, headers, signal } = request;
    this.req = {
      method,
      url,
      headers: Object.fromEntries(headers as Iterable<readonly [string, string]>),
      socket: { encrypted: url.startsWith('https:'), destroyed: false },
    };
    (signal as AbortSignal | undefined)?.addEventListener('abort', () => this.destroy(), { once: true });
  }

  /** Takes the response of the context, and ends when its body has been read, has failed or is cancelled. */
  respond(context: { res: Response }): void {
    const { res } = context;
    this.statusCode = res.status;
    this.headersSent = true;
    // Why asked for the method: Hono drops the body of an answer to a HEAD without reading it.
    if (res.body === null || this.req.method === 'HEAD') {
      this.end();
      return;
    }
    context.res = new Response(this.#count(res.body), res);
  }

  /** Ends without a response of the application. Hono answers with 500 where nobody has set one. */
  fail(): void {
    this.statusCode = 500;
    this.headersSent = true;
    this.end();
  }

  #count(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (value !== undefined) {
              this.write(value);
              controller.enqueue(value);
            }
            if (!done) return;
            controller.close();
            this.end();
          } catch (cause) {
            controller.error(cause);
            this.destroy();
          }
        },
        cancel: async (reason) => {
          this.destroy();
          await reader.cancel(reason);
        },
      },
      // Why: nothing is read before the client asks for it.
      { highWaterMark: 0 },
    );
  }

  // The tracker of responses puts functions that count around these two.
  write(_chunk: Uint8Array): boolean {
    return true;
  }

  end(): this {
    this.writableEnded = true;
    this.writableFinished = true;
    this.emit('finish');
    return this;
  }

  /** Ends without the rest of the response. */
  destroy(): void {
    if (this.writableFinished || this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }

  setHeader(): void {}
}
