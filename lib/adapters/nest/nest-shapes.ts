import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyClass } from '../../recorder/attach.js';

/** What Nest's container knows of a provider, a controller or a middleware. */
export interface InstanceWrapper {
  /** The class; a function that is none, for a factory; nothing for a value. */
  readonly metatype: AnyClass | ((...args: never) => unknown) | null;
  /** The instance; for a request-scoped or transient class an empty object with the class's prototype. */
  readonly instance: unknown;
  /** The dependencies of a factory; `null` where there is no factory. */
  readonly inject?: unknown;
}

type Wrappers = ReadonlyMap<unknown, InstanceWrapper>;

/** One module of the application, by the part that is used. */
export interface NestModule {
  /** The class of the module. */
  readonly metatype: unknown;
  readonly providers: Wrappers;
  readonly controllers: Wrappers;
  /** Guards, pipes, interceptors and filters that decorators name. */
  readonly injectables: Wrappers;
  readonly middlewares?: Wrappers;
}

export type ModulesContainer = ReadonlyMap<unknown, NestModule>;

/** The request of Express, or of Fastify. */
export interface NestRequest {
  /** Only Fastify's has it. */
  readonly raw?: IncomingMessage;
}

/** The response of Express, or the reply of Fastify. */
export interface NestResponse {
  readonly raw?: ServerResponse;
  getHeaders?(): Readonly<Record<string, number | string | readonly string[] | undefined>>;
  hijack?(): unknown;
}

/** The part of Nest's HTTP adapter that is used. */
export interface HttpAdapter {
  getType(): string;
  getInstance(): unknown;
  get(path: string, handler: (request: NestRequest, response: NestResponse) => Promise<void>): unknown;
}

/** What holds Nest's HTTP adapter. It has none in an application without HTTP, and in a test before its application is created. */
export interface HttpAdapterHost {
  readonly httpAdapter?: HttpAdapter;
}
