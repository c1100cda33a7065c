import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';

const serialize = (text: string): Buffer => Buffer.from(text);
const deserialize = (bytes: Buffer): string => bytes.toString();

/** The one method of the backend: it returns its argument. */
export const echo = {
  path: '/flowplane.Ledger/Echo',
  requestStream: false,
  responseStream: false,
  requestSerialize: serialize,
  requestDeserialize: deserialize,
  responseSerialize: serialize,
  responseDeserialize: deserialize,
} satisfies MethodDefinition<string, string>;

/** Starts a backend on a free port. */
export async function startBackend(): Promise<{ readonly port: number; stop(): void }> {
  const server = new Server();
  const Echo = ({ request }: ServerUnaryCall<string, string>, respond: sendUnaryData<string>): void =>
    respond(null, `ledger: ${request}`);
  server.addService({ Echo: echo }, { Echo });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}
