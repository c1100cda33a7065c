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

/** Whether what runs now belongs to another context than the one that is active. */
let isForeign = false;

/**
 * The ids of the active span, if it is sampled: nobody finds the trace of another one. Never throws.
 *
 * Why the global is read at each call: OpenTelemetry may be registered later than the recorder is created.
 */
export function findSampledSpan(): SpanIds | undefined {
  const api = (globalThis as { readonly [apiKey]?: Api })[apiKey];
  return api === undefined || isForeign ? undefined : readSpan(api);
}

function readSpan({ context }: Api): SpanIds | undefined {
  try {
    const ids = context?.active()?.getValue(spanKey)?.spanContext();
    if (ids === undefined || (ids.traceFlags & sampledFlag) === 0) return undefined;
    return areSpanIds(ids.traceId, ids.spanId) ? ids : undefined;
  } catch {
    // Why nothing is thrown: a fault of a context manager must not reach the call that is observed.
    return undefined;
  }
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
