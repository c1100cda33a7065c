import { metadataApi } from '../families/declared-instruments.js';
import type { AnyMethod } from './call.js';

/** Copies everything that can be read off a function to its wrapper: name, length, own properties, metadata. */
export function copyIdentity(wrapper: AnyMethod, method: AnyMethod): AnyMethod {
  for (const key of Reflect.ownKeys(method)) {
    Reflect.defineProperty(wrapper, key, Reflect.getOwnPropertyDescriptor(method, key) as PropertyDescriptor);
  }
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(method));
  copyMetadata(method, wrapper);
  return wrapper;
}

function copyMetadata(from: object, to: object): void {
  for (const key of metadataApi.getOwnMetadataKeys?.(from) ?? []) {
    metadataApi.defineMetadata?.(key, metadataApi.getOwnMetadata?.(key, from), to);
  }
}
