import { resourceKinds, resourceTypes } from '../resources/resource.js';

// Acts as a proxy: subscribes to all resources of one type by gRPC, accepts them, and prints their number each time.
// Example: node proxy.js 127.0.0.1:18000 payments demo-payments cluster
const [address, team, token, wantedType = 'cluster'] = process.argv.slice(2);
const kind = resourceKinds.find(({ type }) => type === wantedType);

async function main(): Promise<void> {
  if (!address || !team || !token || kind === undefined) {
    throw new Error(`Usage: node proxy.js <host:port> <team> <token> [${resourceTypes.join('|')}]`);
  }
  // Why only now: gRPC takes a second to load, and the usage needs none of it.
  const { AdsClient } = await import('./ads-client.js');
  const client = new AdsClient(address, team, token);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => client.close());
  client.subscribe(kind.type);
  for await (const response of client) {
    client.answer(response);
    console.log(`${kind.collection}: ${response.resources.length}`);
  }
}

main().catch((error: Error & { code?: number; details?: string }) => {
  // Why: code 1 means that this program has cancelled the stream itself.
  if (error.code === 1) return;
  console.error(error.details ?? error.message);
  process.exitCode = 1;
});
