/** The ids of a span of OpenTelemetry: 32 and 16 hex digits. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** The parts of OpenTelemetry's API that are used. Why a shape: an import would be a dependency, and of one copy only. */
interface Api {
  readonly context?: { active(): Context | undefined };
}

interface Context {
  getValue(key: symbol): { spanContext(): SpanIds & { readonly traceFlags: number } } | undefined;
}

/**
 * Where every version 1 of `@opentelemetry/api` finds what was registered, whichever copy has registered it, and under which
 * key a context has its span.
 *
 * Source: `internal/global-utils.ts` and `trace/context-utils.ts` of `@opentelemetry/api`.
 */
const apiKey = Symbol.for('opentelemetry.js.api.1');
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');

// Source: W3C Trace Context, "trace-flags".
const sampledFlag = 1;

// Source: W3C Trace Context: ids of zeros only are invalid.
const traceIdPattern = /^(?!0+$)[0-9a-f]{32}$/i;
const spanIdPattern = /^(?!0+$)[0-9a-f]{16}$/i;

/** Whether both are the ids of a span. */
export const areSpanIds = (traceId: unknown, spanId: unknown): boolean =>
  typeof traceId === 'string' &&
  typeof spanId === 'string' &&
  traceIdPattern.test(traceId) &&
  spanIdPattern.test(spanId);

const holder = globalThis as { readonly [apiKey]?: Api };

/**
 * Makes the question whether OpenTelemetry was registered as cheap as it has to be in every call: the runtime finds a property
 * that the global object has in no time, and one that it lacks in 15 ns. Its value stays `undefined` until OpenTelemetry sets it.
 */
export function prepareLookup(): void {
  if (apiKey in holder) return;
  // Why nothing else where it is refused: a global object that is frozen takes no OpenTelemetry either.
  Reflect.defineProperty(holder, apiKey, { value: undefined, writable: true, configurable: true, enumerable: false });
}

/**
 * Whether OpenTelemetry was registered.
 *
 * Why asked at each call: it may be registered later than the recorder is created. Why apart from what follows: where it was
 * not, the compiler leaves all the rest out, and has room for what each call does.
 */
export const isOpenTelemetryThere = (): boolean => holder[apiKey] !== undefined;

/** Whether what runs now belongs to another context than the one that is active. */
let isForeign = false;

/**
 * The last context without a sampled span. Why kept: contexts never change, so that it need not be asked again, and a
 * service has many calls in the one that has nothing.
 */
let spanless: Context | undefined;

/** Whether a sampled span may be active. Never throws. */
export function maySeeSpan(): boolean {
  try {
    return holder[apiKey]?.context?.active() !== spanless;
  } catch {
    // Why nothing is thrown: a fault of a context manager must not reach the call that is observed.
    return false;
  }
}

/** The ids of the active span, if it is sampled: nobody finds the trace of another one. Never throws. */
export function findSampledSpan(): SpanIds | undefined {
  if (isForeign) return undefined;
  try {
    return readSpan(holder[apiKey]?.context?.active());
  } catch {
    // Why nothing is thrown: see above.
    return undefined;
  }
}

function readSpan(active: Context | undefined): SpanIds | undefined {
  const ids = active?.getValue(spanKey)?.spanContext();
  if (ids !== undefined && (ids.traceFlags & sampledFlag) !== 0 && areSpanIds(ids.traceId, ids.spanId)) return ids;
  spanless = active;
  return undefined;
}

/** Runs something that belongs to another context than the active one, so that it finds no span. */
export function runWithoutSpan(run: () => void): void {
  const before = isForeign;
  isForeign = true;
  try {
    run();
  } finally {
    isForeign = before;
  }
}
