import { BlockList, isIPv6 } from 'node:net';
import { formatThrown } from '../error.js';
import { type Advice, ignoreErrors } from '../recorder/reports.js';
import type { MetricsServerOptions } from './config/options.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The advice about the address that a server listens on, if there is any. */
export function listenAdvice(address: string, isOpen: boolean): Advice | undefined {
  if (loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) {
    return process.env['KUBERNETES_SERVICE_HOST'] === undefined ? undefined : { code: 'loopback_only', message: inPod };
  }
  return isOpen ? { code: 'open_server', message: openTo(address) } : undefined;
}

const inPod =
  'MetricsServer: address "127.0.0.1" can only be reached from this container (given in Kubernetes). For a Prometheus outside of it set FLOWPLANE_METRICS_HOST=0.0.0.0, and configure who may connect.';

const openTo = (address: string): string =>
  `MetricsServer: address "${address}" can be reached from other machines by any client (given no access checks). Set webConfigFile, basicAuthUsers, bearerTokens, allowedAddresses, or tls with RequireAndVerifyClientCert and your own authority; or listen on 127.0.0.1.`;

/** The advice about a port that several workers of a cluster listen on. */
export const sharedPortAdvice = (port: number, worker: number | undefined): Advice => ({
  code: 'shared_port',
  message: `MetricsServer: port ${port} is shared with other workers of this cluster (given worker ${worker}), so each scrape reads the numbers of only one of them. Set cluster: true in the primary and in all workers, so that the primary serves the numbers of all of them.`,
});

/** The advice about a changed file that is ignored. */
export function reloadAdvice(error: unknown): Advice {
  return {
    code: 'web_config',
    message: `${formatThrown(error)} The change is ignored; the previous configuration stays active.`,
  };
}

/** The advice about a part of the web config file that hardly is what its author means. */
export const remarkAdvice = (message: string): Advice => ({ code: 'web_config', message });

/** Gives advice to the listener in the options. */
export function advise({ onAdvice = emitWarning }: MetricsServerOptions, advice: Advice): void {
  ignoreErrors(() => onAdvice(advice));
}

function emitWarning({ message }: Advice): void {
  process.emitWarning(message, { type: 'FlowplaneMetricsWarning' });
}
