import type { Type } from 'protobufjs';
import { kindOf, type Resource, type ResourceType, typeUrlOf } from '../resources/resource.js';
import { messageCalled } from './envoy-messages.js';
import { encodeJson } from './proto-json.js';

/** A resource as the protobuf `Any` that a proxy takes. Throws `ProtoJsonError` where it is not what Envoy calls one. */
export function envoyResource(type: ResourceType, { name, spec }: Resource) {
  const { message } = kindOf(type);
  return { type_url: typeUrlOf(message), value: encodeJson(messageCalled(message) as Type, { ...spec, name }) };
}
