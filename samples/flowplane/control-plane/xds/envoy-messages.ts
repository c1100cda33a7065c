import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';

// Why from the gRPC project's xDS client: it is the maintained npm package that contains Envoy's .proto files.
const require = createRequire(import.meta.url);
const client = join(dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps');
const includes = [
  ...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((folder) => join(client, folder)),
  dirname(require.resolve('protobufjs/package.json')),
];

const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  includes.map((folder) => join(folder, target)).find((path) => existsSync(path)) ?? target;
root.loadSync(
  [
    'envoy/service/discovery/v3/ads.proto',
    'envoy/config/cluster/v3/cluster.proto',
    'envoy/config/route/v3/route.proto',
    'envoy/config/listener/v3/listener.proto',
    // The messages that an `Any` may contain. Add a line for each further extension.
    'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
    'envoy/extensions/filters/http/router/v3/router.proto',
  ],
  { keepCase: true },
);
root.resolveAll();

/** Finds a message type of Envoy's API by its full name. `undefined` if it is not loaded. */
export function findMessageType(name: string): protobuf.Type | undefined {
  const found = root.lookup(name);
  return found instanceof protobuf.Type ? found : undefined;
}
