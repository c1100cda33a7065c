import type { MethodDefinition } from '@grpc/grpc-js';
import type { Type } from 'protobufjs';
import { messageCalled } from './envoy-messages.js';

/** The part of Envoy's `DiscoveryRequest` that is read. */
export interface DiscoveryRequest {
  readonly version_info: string;
  readonly node?: {
    readonly metadata?: { readonly fields: Readonly<Record<string, { readonly stringValue?: string }>> };
  };
  readonly resource_names: readonly string[];
  readonly type_url: string;
  /** The nonce of the response that this request answers; empty in a first request. */
  readonly response_nonce: string;
  /** Why the response was refused; absent where it was accepted. */
  readonly error_detail?: { readonly message: string } | null;
}

/** The part of Envoy's `DiscoveryResponse` that is sent. */
export interface DiscoveryResponse {
  readonly version_info: string;
  readonly resources: readonly { readonly type_url: string; readonly value: Uint8Array }[];
  readonly type_url: string;
  readonly nonce: string;
}

/** What crosses the wire in one direction. */
function codecOf<T extends object>(name: string) {
  const type = messageCalled(name) as Type;
  return {
    serialize: (message: T) => Buffer.from(type.encode(type.fromObject(message)).finish()),
    deserialize: (bytes: Buffer) => type.decode(bytes) as unknown as T,
  };
}

const request = codecOf<DiscoveryRequest>('envoy.service.discovery.v3.DiscoveryRequest');
const response = codecOf<DiscoveryResponse>('envoy.service.discovery.v3.DiscoveryResponse');

/** The aggregated discovery service, state of the world: one stream per proxy, for all types. */
export const streamAggregatedResources = {
  path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
  requestStream: true,
  responseStream: true,
  requestSerialize: request.serialize,
  requestDeserialize: request.deserialize,
  responseSerialize: response.serialize,
  responseDeserialize: response.deserialize,
} satisfies MethodDefinition<DiscoveryRequest, DiscoveryResponse>;
