import { configFrom } from './config.js';
import { type ControlPlane, startControlPlane } from './control-plane.js';
import { demonstrationTokens } from './demonstration-grants.js';
import { demonstrate } from './demonstration-traffic.js';

async function main(): Promise<void> {
  const config = configFrom(process.env);
  const plane = await startControlPlane(config);
  const stop = new AbortController();
  const traffic = config.traffic ? demonstrate(plane.apiUrl, plane.xdsAddress, stop.signal) : undefined;
  console.log(greeting(plane));
  await stopSignal();
  stop.abort();
  await traffic;
  await plane.close();
}

// Why the listeners stay: npm passes Ctrl-C on to a process that the terminal has told already.
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve());
  });
}

function greeting({ apiUrl, xdsAddress, metricsUrl }: ControlPlane): string {
  return [
    `API      ${apiUrl}`,
    `xDS      ${xdsAddress} (gRPC), ${apiUrl}/v3/discovery:clusters … (REST)`,
    `Metrics  ${metricsUrl}`,
    '',
    'Create a cluster, and watch its team be counted:',
    `  curl -X POST ${apiUrl}/api/v1/teams/payments/clusters -H 'Authorization: Bearer ${demonstrationTokens.payments}' -H 'Content-Type: application/json' -d '{"name":"ledger"}'`,
    `  curl -s ${metricsUrl} | grep xds_team_resources_total`,
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
