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
  const peer = peerAddress(socket.remoteAddress);
  if (!isProxy(socket.remoteAddress, trustProxy)) return peer;
  let client = peer;
  for (const address of forwardedAddresses(String(headers['x-forwarded-for'] ?? ''))) {
    client = address;
    if (trustProxy === true || !isProxy(address, trustProxy)) break;
  }
  return client;
}

/** Whether this is the address of a trusted proxy. */
export const isProxy = (address: string | undefined, trustProxy: boolean | AddressList): boolean =>
  typeof trustProxy === 'boolean' ? trustProxy : trustProxy.has(peerAddress(address));

/** The address of the other end of a connection. */
export const peerAddress = (address = ''): string => unmapIPv4(address);

/**
 * The addresses in an `X-Forwarded-For`, the last one first.
 *
 * Why one by one: the client writes the beginning of the header, as long as it likes, and only the end is looked at.
 */
function* forwardedAddresses(header: string): Generator<string> {
  for (let end = header.length; end > 0; ) {
    const start = header.lastIndexOf(',', end - 1);
    const text = header.slice(start + 1, end).trim();
    if (text !== '') yield unmapIPv4(withoutPort(text));
    end = start;
  }
}

/**
 * An address without the port that some proxies add. An IPv6 address stands in brackets then.
 *
 * Source: Microsoft, "How an application gateway works": it adds a comma-separated list of IP:port.
 */
function withoutPort(text: string): string {
  const [, v4, v6] = /^(?:([\d.]+):\d{1,5}|\[([\da-f:.]+)\](?::\d{1,5})?)$/i.exec(text) ?? [];
  return v4 ?? v6 ?? text;
}

const unmapIPv4 = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
