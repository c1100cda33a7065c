/*
 * The requests and responses that the main entry takes, by shape: its declarations need neither those of Node nor those
 * of the DOM.
 */

/** A request of `node:http`: every `IncomingMessage` is one. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A response of `node:http`: every `ServerResponse` is one. */
export interface NodeResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  setHeader(name: string, value: string): unknown;
  end(): unknown;
}

/** The type of a global class, or else this shape of it. */
type GlobalClass<Name extends string, Shape> = typeof globalThis extends {
  readonly [name in Name]: { readonly prototype: infer Instance };
}
  ? Instance
  : Shape;

/** A request of Fetch: the global `Request`, where the project has its type. */
export type FetchRequest = GlobalClass<
  'Request',
  { readonly method: string; readonly url: string; readonly headers: Iterable<readonly [string, string]> }
>;

/** A response of Fetch: the global `Response`, where the project has its type. */
export type FetchResponse = GlobalClass<'Response', { readonly status: number; text(): Promise<string> }>;
