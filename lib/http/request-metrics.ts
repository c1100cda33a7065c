import { types } from 'node:util';
import type { DropReason } from '../error.js';
import type { FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { type HttpLabels, httpNames } from './conventions.js';
import { type HttpFamilies, otherMethod } from './request-families.js';
import type { HttpContext, RoutedContext } from './request-metrics-options.js';
import { watchAnswer } from './response-tracker.js';
import { whenEnded } from './when-ended.js';

/** Gives the route of a request that has ended, and nothing where there is none: what a web framework knows. */
export type RouteOf = (context: RoutedContext, method: string) => unknown;

/** Follows requests to their end, and records each. */
export class HttpExchanges {
  readonly #recorder: MetricsRecorder;
  readonly #families: HttpFamilies;
  readonly #routeOf: RouteOf;
  readonly #site: string;
  readonly #active: FamilyRecorder;

  /** @throws MetricsError `family_clash` where the recorder has another family of one of these names. */
  constructor(recorder: MetricsRecorder, families: HttpFamilies, routeOf: RouteOf, site: string) {
    this.#recorder = recorder;
    this.#families = families;
    this.#routeOf = routeOf;
    this.#site = site;
    for (const family of [families.duration, families.size]) recorder.open(family, site);
    this.#active = recorder.open(families.active, site);
  }

  /** Takes note of a request that has arrived, and records it when it ends. */
  follow(context: HttpContext): void {
    const { req, res } = context;
    const began = this.#recorder.now();
    const asked = String(req.method);
    const method = this.#families.methods.has(asked) ? asked : otherMethod;
    const leave = this.#enter(method);
    const answer = watchAnswer(res);
    whenEnded(res, () => {
      leave();
      const seconds = this.#recorder.now() - began;
      const status = answer.hasStatus() ? String(res.statusCode) : '';
      const route = this.#route(context, asked);
      if (route !== undefined) this.#record({ method, route, status }, seconds, answer.bodyBytes());
    });
  }

  // Why a lease and not `inc` and `dec`: the gauge may be cleared while the request is in flight.
  #enter(method: string): () => void {
    const active = this.#active;
    const place = active.lookup(method, undefined, undefined) ?? active.getOrCreate([method], true);
    if (typeof place === 'number') {
      active.acquire(place);
      return () => active.release(place);
    }
    this.#recorder.dropped(this.#families.active, place, this.#site);
    return () => undefined;
  }

  #record(exchange: HttpLabels<unknown>, seconds: number, bodyBytes: number): void {
    const { names, duration, size } = this.#families;
    const { status } = exchange;
    const timed = names.labels({ ...exchange, status: status || names.unanswered }) as object as Unnamed;
    this.#recorder.histogram(duration).observe(timed, seconds);
    if (status === '') return;
    const sized = httpNames.opentelemetry.labels(exchange) as object as Unnamed;
    this.#recorder.histogram(size).observe(sized, bodyBytes);
  }

  /** The route as it is to be told; `undefined` where it cannot be, which is counted. */
  #route(context: HttpContext, method: string): unknown {
    try {
      const route = this.#routeOf(context as RoutedContext, method);
      if (!types.isPromise(route)) return route || unmatched;
      // Why: its rejection must not become the application's unhandled one.
      route.then(ignore, ignore);
      this.#dropped('reader_promise');
    } catch (cause) {
      this.#dropped('reader_threw', cause);
    }
    return undefined;
  }

  #dropped(reason: DropReason, cause?: unknown): void {
    const { duration, size } = this.#families;
    for (const family of [duration, size]) this.#recorder.dropped(family, reason, this.#site, cause);
  }
}

// Why: which labels there are is chosen at run time, and no type says so.
type Unnamed = Readonly<Record<string, never>>;

/** The one route of every request that has none. */
const unmatched = 'unmatched';

const ignore = (): void => undefined;
