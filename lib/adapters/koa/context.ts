import type { IncomingMessage, ServerResponse } from 'node:http';

/** The part of Koa's context that is used. It is typed by shape: the public types name no framework. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  status: number;
  body: unknown;
  set(header: string, value: string): void;
}

/** The part of Koa's context that `httpMetrics` needs. */
export type MeasuredContext = Pick<KoaContext, 'req' | 'res'>;

/** Koa's context with everything that a router has added to it. */
export type RoutedContext = MeasuredContext & { readonly [name: string]: unknown };

/** A Koa middleware, typed by shape: what `app.use()` takes. */
export type KoaMiddleware<Context = KoaContext> = (context: Context, next: () => Promise<unknown>) => Promise<unknown>;
