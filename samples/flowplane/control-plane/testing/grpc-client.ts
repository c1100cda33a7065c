import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { echo } from './grpc-backend.js';

// Calls a service by name: gRPC's own xDS client asks the control plane for the address.
// Usage: GRPC_XDS_BOOTSTRAP=… node grpc-client.js xds:///ledger 'some text' [seconds to wait]
const [target = '', text = '', seconds = '15'] = process.argv.slice(2);
register();
const deadline = Date.now() + Number(seconds) * 1000;
const printReply = (error: ServiceError | null, reply?: string): void => {
  if (error === null) console.log(reply);
  else console.error(error.message);
  // Why exit: the xDS client keeps its stream open until the process ends.
  process.exit(error === null ? 0 : 1);
};
const client = new Client(target, credentials.createInsecure());
client.makeUnaryRequest(echo.path, echo.requestSerialize, echo.responseDeserialize, text, { deadline }, printReply);
