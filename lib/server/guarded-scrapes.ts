import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Refusal, type RefusalReason, refusals } from '../access/refusals.js';
import { type AccessSource, pollMs, ReloadableAccess } from '../access/reloadable-access.js';
import type { WatchedFiles } from '../access/watched-files.js';
import { singleFlight } from '../async/single-flight.js';
import { type Problem, refuseIfAny } from '../error.js';
import { scrape } from '../exposition/scrape.js';
import { toFetchResponse } from '../http/fetch-response.js';
import { refuseUnlessFetchRequest, refuseUnlessOfNode } from '../http/handed-over.js';
import type { FetchRequest, FetchResponse, NodeRequest, NodeResponse } from '../http/http-messages.js';
import { parseFetchRequest, parseRequest, type RequestContext, scrapeRequest } from '../http/request-context.js';
import { type OutgoingResponse, sendResponse } from '../http/send-response.js';
import type { Scrapable } from '../store/exposed-family.js';
import { checkAccessOptions, checkRecorder } from './config/option-checks.js';
import { type AccessOptions, limitsOf } from './config/options.js';
import { type Access, loadAccess } from './load-access.js';
import { advise, reloadAdvice } from './server-advice.js';

/** What the access policy reads of a request. */
type Asked = Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } };

/** A scrape that was let in, and what must be called once when its answer is gone. */
interface Admission {
  readonly headers: Readonly<Record<string, string>>;
  readonly release: () => void;
}

type Refused = Pick<OutgoingResponse, 'status'> & { readonly headers: Headers; readonly body: string };

/** Answers scrapes in a server of somebody else, after the checks of access that `MetricsServer` has too. */
export class GuardedScrapes implements AccessSource<Access> {
  readonly site: string;
  readonly #recorder: Scrapable;
  readonly #options: AccessOptions;
  readonly #max: number;
  #inFlight = 0;
  #access: ReloadableAccess<Access> | undefined;
  #checkedAt = 0;

  /** @throws MetricsError naming every option that is wrong. */
  constructor(site: string, recorder: Scrapable, options: AccessOptions) {
    // Why first: where a framework calls what makes a handler, it hands over no recorder, and no options either.
    refuseIfAny(site, checkRecorder(recorder));
    refuseIfAny(site, checkAccessOptions(options));
    refuseIfAny(site, checkFile(options.bearerTokensFile));
    this.site = site;
    this.#recorder = recorder;
    this.#options = options;
    this.#max = limitsOf(options).maxConcurrentScrapes;
  }

  /** Answers a request of `node:http`. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const context = parseRequest(request);
    const admission = await this.#admit(request);
    if (!isAdmission(admission)) {
      const { headers, ...refused } = admission;
      // Why so: there is one challenge for each way in which a client can authenticate.
      response.setHeaders(headers);
      sendResponse(response, context.method, { ...refused, headers: {} });
      return;
    }
    if (response.destroyed) admission.release();
    else response.once('close', admission.release);
    sendResponse(response, context.method, await this.#scrape(context, admission));
  }

  /** Answers a request of Fetch. Never rejects. */
  async answerFetch(request: FetchRequest, remoteAddress: string | undefined): Promise<FetchResponse> {
    const context = parseFetchRequest(request);
    const admission = await this.#admit({ headers: context.headers, socket: { remoteAddress } });
    if (isAdmission(admission)) {
      return toFetchResponse(context, await this.#scrape(context, admission), admission.release);
    }
    const { status, headers, body } = admission;
    return new Response(context.method === 'HEAD' ? null : body, { status, headers });
  }

  load(files: WatchedFiles): Promise<Access> {
    return loadAccess(this.#options, files, undefined);
  }

  async activate(): Promise<void> {
    // Why nothing: the next request reads the rules that are current.
  }

  reject(error: unknown): void {
    advise(this.#options, reloadAdvice(error));
  }

  async #scrape(context: RequestContext, { headers }: Admission): Promise<Awaited<ReturnType<typeof scrape>>> {
    const answer = await scrape(this.#recorder, scrapeRequest(context));
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }

  async #admit(request: Asked): Promise<Admission | Refused> {
    try {
      const { policy, headers } = await this.#currentAccess();
      const reason = (await policy.check(request as IncomingMessage)) ?? this.#acquire();
      return reason === undefined
        ? { headers, release: once(() => this.#inFlight--) }
        : refuse(reason, headers, policy.challenges);
    } catch (error) {
      // Why: a file or a package that is missing must not open the metrics to anyone.
      this.reject(error);
      return refuse({ status: 500, text: 'Internal Server Error' }, {}, []);
    }
  }

  #acquire(): RefusalReason | undefined {
    if (this.#inFlight >= this.#max) return 'concurrency';
    this.#inFlight++;
    return undefined;
  }

  /**
   * The rules that hold now. Why the files are checked here, and by no timer: nobody ends a handler, so that its timer would
   * never end.
   */
  async #currentAccess(): Promise<Access> {
    const access = this.#access ?? (await this.#load());
    const now = performance.now();
    if (now - this.#checkedAt >= pollMs) {
      await access.reloadIfChanged();
      this.#checkedAt = now;
    }
    return access.current;
  }

  readonly #load = singleFlight(async () => {
    this.#access = await ReloadableAccess.load(this);
    this.#checkedAt = performance.now();
    return this.#access;
  });
}

const isAdmission = (admission: Admission | Refused): admission is Admission => 'release' in admission;

function refuse(
  reason: RefusalReason | Refusal,
  security: Readonly<Record<string, string>>,
  challenges: readonly string[],
): Refused {
  const { status, text, headers: more = {} }: Refusal = typeof reason === 'string' ? refusals[reason] : reason;
  const headers = new Headers({
    ...security,
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    ...more,
  });
  if (status === 401) for (const challenge of challenges) headers.append('WWW-Authenticate', challenge);
  return { status, headers, body: `${text}\n` };
}

/** A function that runs once, however often it is called. */
function once(run: () => unknown): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    run();
  };
}

/** Reads the file of tokens once at the start. Why: a wrong path must be an error there, and not a refusal at night. */
function checkFile(path: string | undefined): Problem[] {
  try {
    if (path !== undefined) readFileSync(path);
    return [];
  } catch (cause) {
    const { code = 'unknown error' } = cause as { code?: string };
    const message = `file "${path}" cannot be read (${code}). Correct "bearerTokensFile", or the file's owner and mode.`;
    return [{ code: 'unreadable_file', message }];
  }
}

/** Answers every request of `node:http` that it is handed. */
export type MetricsHandler = (request: NodeRequest, response: NodeResponse, next?: unknown) => Promise<void>;

/**
 * Makes a handler that answers with the metrics of a recorder: for `node:http`, Express, Connect, and everything that takes
 * `(request, response, next?)`.
 *
 * It answers every request that it is handed, and never calls `next`: hand it only the path of your metrics. Without options
 * it answers everyone who can reach that path. Its options are those of `MetricsServer` that say who may scrape: every
 * configured check must pass; where both passwords and tokens are configured, either one is accepted.
 *
 * @throws MetricsError naming every option that is wrong.
 * @example
 * import { createServer } from 'node:http';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { metricsHandler } from 'flowplane-metrics/http';
 *
 * const metrics = metricsHandler(new PrometheusRecorder(), { allowedAddresses: ['10.0.0.0/8'] });
 * const server = createServer((request, response) => {
 *   if (request.url === '/metrics') void metrics(request, response);
 *   else response.end('hello');
 * });
 */
export function metricsHandler(recorder: Scrapable, options: AccessOptions = {}): MetricsHandler {
  const scrapes = new GuardedScrapes('metricsHandler', recorder, options);
  // Why three parameters: a framework may tell by their number what it calls.
  return (request, response, _next) => {
    refuseUnlessOfNode('metricsHandler', request, response);
    return scrapes.answer(request as IncomingMessage, response as ServerResponse);
  };
}

/** What a handler of Fetch can be told about the client, as a `Request` does not say it. */
export interface FetchClient {
  /** The address of the other end of the connection. Without it, the option `allowedAddresses` refuses the request. */
  readonly remoteAddress?: string | undefined;
}

/** Answers every request of Fetch that it is handed. */
export type FetchHandler = (request: FetchRequest, client?: FetchClient) => Promise<FetchResponse>;

/**
 * Makes a handler that answers with the metrics of a recorder: for Hono, Next, Bun, Deno, and everything that takes a
 * `Request` and wants a `Response`.
 *
 * It answers every request that it is handed: hand it only the path of your metrics. Its options are those of
 * `metricsHandler`. A `Request` does not say who sent it: for `allowedAddresses`, hand over the address of the connection, or
 * set `trustProxy` where a proxy is in front.
 *
 * @throws MetricsError naming every option that is wrong.
 * @example
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { fetchHandler } from 'flowplane-metrics/http';
 *
 * const metrics = fetchHandler(new PrometheusRecorder(), { allowedAddresses: ['127.0.0.1'] });
 * const response = await metrics(new Request('http://localhost/metrics'), { remoteAddress: '127.0.0.1' });
 * console.log(response.status, await response.text());
 */
export function fetchHandler(recorder: Scrapable, options: AccessOptions = {}): FetchHandler {
  const scrapes = new GuardedScrapes('fetchHandler', recorder, options);
  // Why not as a rejection: Express 4 does not look at what a handler returns.
  return (request, client) => {
    refuseUnlessFetchRequest('fetchHandler', request);
    return scrapes.answerFetch(request, remoteAddressOf(client));
  };
}

/** Why so careful: a framework may hand over something of its own as a second argument. */
function remoteAddressOf(client: unknown): string | undefined {
  const address = (client as FetchClient | null | undefined)?.remoteAddress;
  return typeof address === 'string' ? address : undefined;
}
