import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Whether this is an IP address, or a network in CIDR notation. */
export function isAddressOrNetwork(given: unknown): given is string {
  if (typeof given !== 'string') return false;
  const [address = '', prefix, ...rest] = given.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** IP addresses and networks. An IPv4 address that comes mapped into IPv6 (`::ffff:10.0.0.1`) is that IPv4 address. */
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
 * The address that a request comes from. Behind a proxy it is the last one of `X-Forwarded-For` that is not a proxy's:
 * what stands before that, the client may have written itself.
 *
 * @param trustProxy `false`: the header is ignored; `true`: whoever connects is a proxy; else the proxies' addresses.
 */
export function clientAddress({ socket, headers }: IncomingMessage, trustProxy: boolean | AddressList): string {
  const peer = unmapped(socket.remoteAddress ?? '');
  if (trustProxy === false || (trustProxy !== true && !trustProxy.has(peer))) return peer;
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => unmapped(address.trim()))
    .filter((address) => address !== '');
  if (trustProxy === true) return forwarded.at(-1) ?? peer;
  return forwarded.findLast((address) => !trustProxy.has(address)) ?? forwarded[0] ?? peer;
}

const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
