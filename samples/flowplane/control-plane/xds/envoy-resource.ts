import type { Type } from 'protobufjs';
import { type Resource, type ResourceType, resourceKindOf, typeUrlOf } from '../resources/resource.js';
import { findMessageType } from './envoy-messages.js';
import { encodeJson } from './proto-json.js';

/** Encodes a resource as the protobuf `Any` that a proxy reads. @throws ProtoJsonError for an invalid resource. */
export function encodeResource(type: ResourceType, { name, spec }: Resource) {
  const { message } = resourceKindOf(type);
  return { type_url: typeUrlOf(message), value: encodeJson(findMessageType(message) as Type, { ...spec, name }) };
}
