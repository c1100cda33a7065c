import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { echo } from './mesh-backend.js';

// A client of a service that it knows by name only: gRPC's own xDS client asks the control plane where it is.
// Usage: GRPC_XDS_BOOTSTRAP=… node mesh-client.js xds:///ledger 'some text' [seconds to wait]
const [target = '', text = '', seconds = '15'] = process.argv.slice(2);
register();
const deadline = Date.now() + Number(seconds) * 1000;
const say = (error: ServiceError | null, reply?: string): void => {
  if (error === null) console.log(reply);
  else console.error(error.message);
  // Why by exit: the xDS client of a process keeps its stream for as long as the process runs.
  process.exit(error === null ? 0 : 1);
};
const client = new Client(target, credentials.createInsecure());
client.makeUnaryRequest(echo.path, echo.requestSerialize, echo.responseDeserialize, text, { deadline }, say);
