/** Host and port as they stand in a URL: an address of IPv6 in brackets. */
export const authority = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
