import { resourceKindOf, typeUrlOf } from '../resources/resource.js';
import type { DiscoveryRequest, DiscoveryResponse } from './ads-protocol.js';
import type { Snapshot } from './discovery.js';
import { encodeResource } from './envoy-resource.js';

/** The meaning of a request on a stream. */
export type Verdict = 'subscribed' | 'acknowledged' | 'refused' | 'stale';

/** One resource type on one stream: the names that the proxy wants, the last response, and whether it was answered. */
export class Subscription {
  #names: readonly string[] = [];
  /** Whether a request has named a resource. Until then, a request without names means all resources. */
  #hasNamed = false;
  #version: string | undefined;
  #nonce = 0;
  #answered = true;

  receive({ resource_names: names, response_nonce: nonce, error_detail: error }: DiscoveryRequest): Verdict {
    if (nonce !== '' && nonce !== String(this.#nonce)) return 'stale';
    const isNewSubscription = nonce === '' || names.join('\n') !== this.#names.join('\n');
    this.#names = names;
    this.#hasNamed ||= names.length > 0;
    this.#answered = true;
    // Why the refused version is kept: the proxy would refuse the same version again.
    if (isNewSubscription) this.#version = undefined;
    if (error) return 'refused';
    return isNewSubscription ? 'subscribed' : 'acknowledged';
  }

  /**
   * The next response. `undefined` while the last one is unanswered, or if it had the same version. Call it after each
   * request and each change.
   */
  next({ type, version, resources }: Snapshot): DiscoveryResponse | undefined {
    if (!this.#answered || version === this.#version) return undefined;
    this.#version = version;
    this.#answered = false;
    this.#nonce += 1;
    const isAll = !this.#hasNamed || this.#names.includes('*');
    const wanted = resources.filter(({ name }) => isAll || this.#names.includes(name));
    return {
      version_info: version,
      resources: wanted.map((resource) => encodeResource(type, resource)),
      type_url: typeUrlOf(resourceKindOf(type).message),
      nonce: String(this.#nonce),
    };
  }
}
