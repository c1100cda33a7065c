import { BlockList, isIPv6 } from 'node:net';
import type { Advice } from '../recorder/advice.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** What there is to say about where a server listens. */
export function whereAdvice(address: string, isOpen: boolean): Advice | undefined {
  if (loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) {
    return process.env['KUBERNETES_SERVICE_HOST'] === undefined ? undefined : { code: 'loopback_only', message: inPod };
  }
  return isOpen ? { code: 'open_server', message: openTo(address) } : undefined;
}

const inPod =
  'MetricsServer: address "127.0.0.1" can only be reached from this container (given in Kubernetes). For a Prometheus outside of it set FLOWPLANE_METRICS_HOST=0.0.0.0, and say who may connect.';

const openTo = (address: string): string =>
  `MetricsServer: address "${address}" can be reached from other machines, by anybody (given nothing that keeps strangers out). Set webConfigFile, basicAuthUsers, bearerTokens, allowedAddresses, or tls with RequireAndVerifyClientCert and your own authority; or listen on 127.0.0.1.`;

/** What there is to say about a changed file that is wrong. */
export function reloadAdvice(error: unknown): Advice {
  const cause = error instanceof Error ? error.message : String(error);
  return { code: 'web_config', message: `${cause} Until then the configuration from before stays in use.` };
}

/** Tells who does not listen otherwise. */
export function warn({ message }: Advice): void {
  process.emitWarning(message, { type: 'FlowplaneMetricsWarning' });
}
