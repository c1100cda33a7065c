import { kindOf, typeUrlOf } from '../resources/resource.js';
import type { DiscoveryRequest, DiscoveryResponse } from './ads-protocol.js';
import type { Snapshot } from './discovery.js';
import { envoyResource } from './envoy-resource.js';

/** What a request on a stream means. */
export type Verdict = 'subscribed' | 'acknowledged' | 'refused' | 'stale';

/** One resource type on one stream: what the proxy wants, what it was sent, and whether it has answered. */
export class Subscription {
  #names: readonly string[] = [];
  /** Whether it has ever named one: until then, no names mean all of them. */
  #hasNamed = false;
  #version: string | undefined;
  #nonce = 0;
  #answered = true;

  receive({ resource_names: names, response_nonce: nonce, error_detail: error }: DiscoveryRequest): Verdict {
    if (nonce !== '' && nonce !== String(this.#nonce)) return 'stale';
    const wantsOthers = nonce === '' || names.join('\n') !== this.#names.join('\n');
    this.#names = names;
    this.#hasNamed ||= names.length > 0;
    this.#answered = true;
    // What was refused is kept as sent: the same version again would be refused again.
    if (wantsOthers) this.#version = undefined;
    if (error) return 'refused';
    return wantsOthers ? 'subscribed' : 'acknowledged';
  }

  /**
   * The next response; `undefined` while the last one is unanswered, or where it said the same. Ask again after each
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
      resources: wanted.map((resource) => envoyResource(type, resource)),
      type_url: typeUrlOf(kindOf(type).message),
      nonce: String(this.#nonce),
    };
  }
}
