import type { MethodDefinition } from '@grpc/grpc-js';
import type { Type } from 'protobufjs';
import { findMessageType } from './envoy-messages.js';

/** The fields of Envoy's `DiscoveryRequest` in use. */
export interface DiscoveryRequest {
  readonly version_info: string;
  readonly node?: {
    readonly metadata?: { readonly fields: Readonly<Record<string, { readonly stringValue?: string }>> };
  };
  readonly resource_names: readonly string[];
  readonly type_url: string;
  /** The nonce of the answered response. Empty in the first request. */
  readonly response_nonce: string;
  /** Why the proxy refuses the response. Absent if it accepts it. */
  readonly error_detail?: { readonly message: string } | null;
}

/** The fields of Envoy's `DiscoveryResponse` in use. */
export interface DiscoveryResponse {
  readonly version_info: string;
  readonly resources: readonly { readonly type_url: string; readonly value: Uint8Array }[];
  readonly type_url: string;
  readonly nonce: string;
}

/** Encodes and decodes the messages of one direction. */
function createCodec<T extends object>(name: string) {
  const type = findMessageType(name) as Type;
  return {
    serialize: (message: T) => Buffer.from(type.encode(type.fromObject(message)).finish()),
    deserialize: (bytes: Buffer) => type.decode(bytes) as unknown as T,
  };
}

const request = createCodec<DiscoveryRequest>('envoy.service.discovery.v3.DiscoveryRequest');
const response = createCodec<DiscoveryResponse>('envoy.service.discovery.v3.DiscoveryResponse');

/** The method of Envoy's aggregated discovery service, state of the world: one stream per proxy for all types. */
export const streamAggregatedResources = {
  path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
  requestStream: true,
  responseStream: true,
  requestSerialize: request.serialize,
  requestDeserialize: request.deserialize,
  responseSerialize: response.serialize,
  responseDeserialize: response.deserialize,
} satisfies MethodDefinition<DiscoveryRequest, DiscoveryResponse>;
