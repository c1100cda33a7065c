/** Host and port as a URL writes them: with an IPv6 address in brackets. */
export const formatHostAndPort = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
