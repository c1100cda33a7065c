import { setTimeout as wait } from 'node:timers/promises';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { Counter, exponentialBuckets, InFlight, Timed } from 'flowplane-metrics';
import { inject, injectable } from 'inversify';
import { TeamAuthorizer } from '../auth/team-authorizer.js';
import { TokenAuthenticator } from '../auth/token-authenticator.js';
import { xdsRequests } from '../metrics.js';
import { isName, nameRule } from '../resources/name.js';
import { type ResourceType, resourceKinds, resourceTypes, typeUrlOf } from '../resources/resource.js';
import type { DiscoveryRequest, DiscoveryResponse } from './ads-protocol.js';
import { Discovery, type Snapshot } from './discovery.js';
import { Subscription, type Verdict } from './subscription.js';

export type AdsStream = ServerDuplexStream<DiscoveryRequest, DiscoveryResponse>;

/** Under which the container has how long a stream may be open before its first request. */
export const FirstRequestSeconds = Symbol.for('flowplane.FirstRequestSeconds');

/** A status other than OK, as grpc-js wants to be told of it. */
class Refusal extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

/** What is our own fault says nothing of our inside. */
const internal = new Refusal(status.INTERNAL, 'internal error');

/** The xDS service by gRPC: one stream per proxy, served for as long as the proxy stays. */
@injectable()
export class AdsService {
  constructor(
    @inject(TokenAuthenticator) private readonly authenticator: TokenAuthenticator,
    @inject(TeamAuthorizer) private readonly authorizer: TeamAuthorizer,
    @inject(Discovery) private readonly discovery: Discovery,
    @inject(FirstRequestSeconds) private readonly firstRequestSeconds: number,
  ) {}

  /** Serves a stream from its first request to its end. Never rejects: what is wrong is the stream's status. */
  async accept(stream: AdsStream): Promise<void> {
    const requests = stream[Symbol.asyncIterator]() as AsyncIterableIterator<DiscoveryRequest>;
    try {
      const { value: first, done } = await inTime(requests.next(), this.firstRequestSeconds);
      if (!done) await this.reported(this.admit(stream, first), stream, preceded(first, requests));
      stream.end();
    } catch (error) {
      if (!stream.cancelled) stream.emit('error', error instanceof Refusal ? error : internal);
    }
  }

  /** The team that the stream is for. Throws the gRPC status unless its token may discover that team's resources. */
  private admit(stream: AdsStream, { node, type_url }: DiscoveryRequest): string {
    const { team: { stringValue: team } = {}, token } = node?.metadata?.fields ?? {};
    // Why in the node too: gRPC's own xDS clients cannot send a header. Over anything but loopback, use TLS.
    const [header = token?.stringValue ? `Bearer ${token.stringValue}` : ''] = stream.metadata.get('authorization');
    const { caller } = this.authenticator.authenticate(String(header));
    if (caller === undefined) throw new Refusal(status.UNAUTHENTICATED, 'a valid bearer token is needed');
    if (!isName(team)) throw new Refusal(status.INVALID_ARGUMENT, `"node.metadata.team" must be ${nameRule}`);
    const wanted = typeAt(type_url) ?? 'listener';
    if (!this.authorizer.mayAccess(caller.team, team, wanted) || !caller.scopes.includes('discover')) {
      throw new Refusal(status.PERMISSION_DENIED, `team "${caller.team}" may not discover those resources`);
    }
    return team;
  }

  /** Serves, and tells whoever runs this why it cannot go on: the proxy is not told. */
  private async reported(team: string, stream: AdsStream, requests: AsyncIterable<DiscoveryRequest>): Promise<void> {
    try {
      await this.serve(team, stream, requests);
    } catch (error) {
      if (!stream.cancelled) console.error(`xDS: a stream of team "${team}" has failed:`, error);
      throw error;
    }
  }

  @InFlight({
    name: 'xds_team_connections',
    help: 'Streams that are open, per team',
    labels: { team: { args: (team) => team, limit: 100 } },
  })
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
        const type = typeAt(request.type_url);
        // What is not served here, endpoints for example, waits without an answer, as the protocol wants it.
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
  @Counter({
    name: 'xds_nacks_total',
    help: 'Responses that a proxy refused',
    labels: {
      resource_type: { args: (_team, type) => type, oneOf: resourceTypes },
      team: { args: (team) => team, limit: 100 },
    },
    when: (verdict) => verdict === 'refused',
  })
  receive(_team: string, _type: ResourceType, request: DiscoveryRequest, subscription: Subscription): Verdict {
    return subscription.receive(request);
  }
}

const typeAt = (typeUrl: string): ResourceType | undefined =>
  resourceKinds.find(({ message }) => typeUrlOf(message) === typeUrl)?.type;

/** Throws where it takes longer. Why a limit: until its first request nobody knows, or counts, whose stream it is. */
async function inTime<T>(first: Promise<T>, seconds: number): Promise<T> {
  const late = wait(seconds * 1000, undefined, { ref: false }).then(() => {
    throw new Refusal(status.DEADLINE_EXCEEDED, `no request has come within ${seconds} s`);
  });
  return Promise.race([first, late]);
}

async function* preceded<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}
