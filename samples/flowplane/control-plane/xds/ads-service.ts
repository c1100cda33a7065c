import { setTimeout as wait } from 'node:timers/promises';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { Counter, exponentialBuckets, InFlight, Timed } from 'flowplane-metrics';
import { inject, injectable } from 'inversify';
import { TeamAuthorizer } from '../auth/team-authorizer.js';
import { TokenAuthenticator } from '../auth/token-authenticator.js';
import { teamConnections, xdsNacks, xdsRequests } from '../metrics.js';
import { isName, nameRule } from '../resources/name.js';
import { type ResourceType, resourceKinds, typeUrlOf } from '../resources/resource.js';
import type { DiscoveryRequest, DiscoveryResponse } from './ads-protocol.js';
import { Discovery, type Snapshot } from './discovery.js';
import { Subscription, type Verdict } from './subscription.js';

export type AdsStream = ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>;

/** The container's identifier for the time limit of a stream's first request. */
export const FirstRequestSeconds = Symbol.for('flowplane.FirstRequestSeconds');

/** A gRPC status other than OK. grpc-js reads `code` and `details`. */
class GrpcError extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

/** The status for errors of the server itself. It reveals no detail. */
const internalError = new GrpcError(status.INTERNAL, 'internal error');

/** The xDS service by gRPC: one stream per proxy. */
@injectable()
export class AdsService {
  constructor(
    @inject(TokenAuthenticator) private readonly authenticator: TokenAuthenticator,
    @inject(TeamAuthorizer) private readonly authorizer: TeamAuthorizer,
    @inject(Discovery) private readonly discovery: Discovery,
    @inject(FirstRequestSeconds) private readonly firstRequestSeconds: number,
  ) {}

  /** Serves a stream from its first request to its end. Never rejects: an error becomes the stream's status. */
  async accept(stream: AdsStream): Promise<void> {
    const requests = stream[Symbol.asyncIterator]() as AsyncIterableIterator<DiscoveryRequest>;
    try {
      const { value: first, done } = await withTimeout(requests.next(), this.firstRequestSeconds);
      if (!done) await this.serveAndLog(this.authorize(stream, first), stream, prepend(first, requests));
      stream.end();
    } catch (error) {
      if (!stream.cancelled) stream.emit('error', error instanceof GrpcError ? error : internalError);
    }
  }

  /** Returns the stream's team. Throws the gRPC status unless the token may discover the team's resources. */
  private authorize(stream: AdsStream, { node, type_url }: DiscoveryRequest): string {
    const { team: { stringValue: team } = {}, token } = node?.metadata?.fields ?? {};
    // Why also in the node: gRPC's own xDS clients cannot send a header. Use TLS except on loopback.
    const [header = token?.stringValue ? `Bearer ${token.stringValue}` : ''] = stream.metadata.get('authorization');
    const { caller } = this.authenticator.authenticate(String(header));
    if (caller === undefined) throw new GrpcError(status.UNAUTHENTICATED, 'a valid bearer token is required');
    if (!isName(team)) throw new GrpcError(status.INVALID_ARGUMENT, `"node.metadata.team" must be ${nameRule}`);
    const type = resourceTypeOf(type_url) ?? 'listener';
    if (!this.authorizer.mayAccess(caller.team, team, type) || !caller.scopes.includes('discover')) {
      throw new GrpcError(status.PERMISSION_DENIED, `team "${caller.team}" may not discover these resources`);
    }
    return team;
  }

  /** Serves the stream and logs an error. The proxy does not learn the reason. */
  private async serveAndLog(team: string, stream: AdsStream, requests: AsyncIterable<DiscoveryRequest>): Promise<void> {
    try {
      await this.serve(team, stream, requests);
    } catch (error) {
      if (!stream.cancelled) console.error(`xDS: a stream of team "${team}" failed:`, error);
      throw error;
    }
  }

  @InFlight(teamConnections, { labels: { team: (team) => team } })
  @Timed({
    name: 'xds_stream_duration_seconds',
    help: 'How long streams were open',
    buckets: exponentialBuckets(0.1, 6, 8),
    labels: { team: { args: (team) => team, limit: 100 } },
  })
  async serve(team: string, stream: AdsStream, requests: AsyncIterable<DiscoveryRequest>): Promise<void> {
    const subscriptions = new Map<ResourceType, Subscription>();
    const send = (snapshot: Snapshot): void => {
      const response = subscriptions.get(snapshot.type)?.next(snapshot);
      if (response !== undefined) stream.write(response);
    };
    const unwatch = this.discovery.watch(team, send);
    try {
      for await (const request of requests) {
        const type = resourceTypeOf(request.type_url);
        // Why no answer: the protocol wants a server to ignore the types that it does not serve, such as endpoints.
        if (type === undefined) continue;
        const subscription = subscriptions.get(type) ?? new Subscription();
        subscriptions.set(type, subscription);
        const verdict = this.receive(team, type, request, subscription);
        if (verdict !== 'stale') send(await this.discovery.snapshot(team, type));
      }
    } finally {
      unwatch();
    }
  }

  @Counter(xdsRequests, { labels: { resource_type: (_team, type) => type, team: (team) => team } })
  @Counter(xdsNacks, {
    labels: { resource_type: (_team, type) => type, team: (team) => team },
    when: (verdict) => verdict === 'refused',
  })
  receive(_team: string, _type: ResourceType, request: DiscoveryRequest, subscription: Subscription): Verdict {
    return subscription.receive(request);
  }
}

const resourceTypeOf = (typeUrl: string): ResourceType | undefined =>
  resourceKinds.find(({ message }) => typeUrlOf(message) === typeUrl)?.type;

/** Throws DEADLINE_EXCEEDED after the timeout. Why a limit: without a request, a stream has no team and is not counted. */
async function withTimeout<T>(promise: Promise<T>, seconds: number): Promise<T> {
  const late = wait(seconds * 1000, undefined, { ref: false }).then(() => {
    throw new GrpcError(status.DEADLINE_EXCEEDED, `no request within ${seconds} s`);
  });
  return Promise.race([promise, late]);
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}
