import type { GatewayOptions } from './gateway-options.js';

/**
 * The URL of a group: `/metrics/job/<job>/<label>/<value>`.
 *
 * Why most values in base64: the gateway takes a slash for the next part, and what is on the way takes `..` and an encoded
 * slash for a path. Only a plain word is written as it is.
 */
export function groupUrl({ url, job, grouping = {} }: GatewayOptions): URL {
  const group = new URL(url);
  const parts = [['job', job] as const, ...Object.entries(grouping)].map(([name, value]) => groupPart(name, value));
  group.pathname = `${group.pathname.replace(/\/+$/, '')}/metrics/${parts.join('/')}`;
  return group;
}

// Why a single "=": the gateway takes it for the empty value, which could be no part of a path.
const groupPart = (name: string, value: string): string =>
  /^\w[\w.-]*$/.test(value) ? `${name}/${value}` : `${name}@base64/${Buffer.from(value).toString('base64url') || '='}`;
