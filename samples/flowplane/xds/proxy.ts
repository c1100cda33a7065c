import { kindOf, type ResourceType } from '../resources/resource.js';
import { AdsClient } from './ads-client.js';

// Stands for a proxy: takes all resources of one type over gRPC, accepts them, and prints their number each time.
// Usage: node proxy.js 127.0.0.1:18000 payments demo-payments cluster
const [address = '', team = '', token = '', given = 'cluster'] = process.argv.slice(2);
const type = given as ResourceType;

async function main(): Promise<void> {
  const client = new AdsClient(address, team, token);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => client.close());
  client.subscribe(type);
  for await (const response of client) {
    client.answer(response);
    console.log(`${kindOf(type).collection}: ${response.resources.length}`);
  }
}

main().catch((error: { code?: number; details?: string }) => {
  // What was cancelled here is no problem.
  if (error.code === 1) return;
  console.error(error.details ?? error);
  process.exitCode = 1;
});
