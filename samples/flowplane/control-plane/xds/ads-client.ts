import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { type ResourceType, resourceKindOf, typeUrlOf } from '../resources/resource.js';
import { type DiscoveryRequest, type DiscoveryResponse, streamAggregatedResources as rpc } from './ads-protocol.js';

/** A stream to the xDS service. Its user answers each response, as a proxy does. */
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
    // Why: without a listener an error would end the process. The iterator throws it to its user.
    this.#stream.on('error', () => undefined);
  }

  /** Subscribes to all resources of a type, or to the named ones. */
  subscribe(type: ResourceType, names: readonly string[] = []): void {
    this.#send({ type_url: typeUrlOf(resourceKindOf(type).message), resource_names: names });
  }

  /** Accepts a response, or refuses it with a reason. */
  answer({ type_url, version_info, nonce }: DiscoveryResponse, refusal?: string): void {
    const error = refusal === undefined ? {} : { error_detail: { message: refusal } };
    this.#send({ type_url, version_info, response_nonce: nonce, ...error });
  }

  #send(request: Partial<DiscoveryRequest>): void {
    const node = { metadata: { fields: { team: { stringValue: this.#team } } } };
    this.#stream.write({ version_info: '', resource_names: [], type_url: '', response_nonce: '', node, ...request });
  }

  /** Iterates over the responses. Throws the stream's gRPC status unless it is OK. */
  [Symbol.asyncIterator](): AsyncIterator<DiscoveryResponse> {
    return this.#stream[Symbol.asyncIterator]();
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }
}
