import { readConfig } from './config.js';
import { type ControlPlane, startControlPlane } from './control-plane.js';
import { demoTokens } from './demo-grants.js';
import { runDemoTraffic } from './demo-traffic.js';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const plane = await startControlPlane(config);
  const stop = new AbortController();
  const traffic = config.traffic ? runDemoTraffic(plane.apiUrl, plane.xdsAddress, stop.signal) : undefined;
  console.log(describeUrls(plane));
  await receiveStopSignal();
  stop.abort();
  await traffic;
  await plane.close();
}

// Why the listeners stay: on Ctrl-C the process gets the signal from the terminal and then again from npm.
function receiveStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve());
  });
}

function describeUrls({ apiUrl, xdsAddress, metricsUrl }: ControlPlane): string {
  return [
    `API      ${apiUrl}`,
    `xDS      ${xdsAddress} (gRPC), ${apiUrl}/v3/discovery:clusters … (REST)`,
    `Metrics  ${metricsUrl}`,
    '',
    'Create a cluster, and read how many its team has:',
    `  curl -X POST ${apiUrl}/api/v1/teams/payments/clusters -H 'Authorization: Bearer ${demoTokens.payments}' -H 'Content-Type: application/json' -d '{"name":"ledger"}'`,
    `  curl -s ${metricsUrl} | grep xds_team_resources_total`,
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
