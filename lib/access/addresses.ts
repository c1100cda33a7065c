import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Whether a value is an IP address, or a network in CIDR notation. */
export function isAddressOrNetwork(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** A list of IP addresses and networks. An IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) matches as IPv4. */
export class AddressList {
  readonly #list = new BlockList();

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', prefix] = entry.split('/');
      if (prefix === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  has(address: string): boolean {
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

/**
 * The address of the client that sent a request. Behind a trusted proxy it is the last address in `X-Forwarded-For` that
 * does not belong to a proxy: the client itself may have written everything before it.
 *
 * @param trustProxy `false` ignores the header, `true` takes every peer for a proxy, a list names the proxies.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trustProxy: boolean | AddressList): string {
  const peer = unmapIPv4(socket.remoteAddress ?? '');
  if (trustProxy === false || (trustProxy !== true && !trustProxy.has(peer))) return peer;
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => unmapIPv4(address.trim()))
    .filter((address) => address !== '');
  if (trustProxy === true) return forwarded.at(-1) ?? peer;
  return forwarded.findLast((address) => !trustProxy.has(address)) ?? forwarded[0] ?? peer;
}

const unmapIPv4 = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
