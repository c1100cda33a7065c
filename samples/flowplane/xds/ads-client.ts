import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { kindOf, type ResourceType, typeUrlOf } from '../resources/resource.js';
import { type DiscoveryRequest, type DiscoveryResponse, streamAggregatedResources as rpc } from './ads-protocol.js';

/** One proxy's stream to the xDS service. Whoever holds it answers the responses, as a proxy would. */
export class AdsClient implements AsyncIterable<DiscoveryResponse> {
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<DiscoveryRequest, DiscoveryResponse>;
  readonly #team: string;

  constructor(address: string, team: string, token: string) {
    this.#team = team;
    this.#client = new Client(address, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    this.#stream = this.#client.makeBidiStreamRequest(
      rpc.path,
      rpc.requestSerialize,
      rpc.responseDeserialize,
      metadata,
    );
    // Why here: the iterator tells it too, but only to someone who is iterating.
    this.#stream.on('error', () => undefined);
  }

  /** Asks for all resources of a type, or for those that are named. */
  subscribe(type: ResourceType, names: readonly string[] = []): void {
    this.#send({ type_url: typeUrlOf(kindOf(type).message), resource_names: names });
  }

  /** Accepts a response, or refuses it with the reason. */
  answer({ type_url, version_info, nonce }: DiscoveryResponse, refusal?: string): void {
    const error = refusal === undefined ? {} : { error_detail: { message: refusal } };
    this.#send({ type_url, version_info, response_nonce: nonce, ...error });
  }

  #send(request: Partial<DiscoveryRequest>): void {
    const node = { metadata: { fields: { team: { stringValue: this.#team } } } };
    this.#stream.write({ version_info: '', resource_names: [], type_url: '', response_nonce: '', node, ...request });
  }

  /** The responses; throws the stream's gRPC status where it is not OK. */
  [Symbol.asyncIterator](): AsyncIterator<DiscoveryResponse> {
    return this.#stream[Symbol.asyncIterator]();
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}
