import { Server, ServerCredentials } from '@grpc/grpc-js';
import { inject, injectable } from 'inversify';
import { authority } from '../authority.js';
import { streamAggregatedResources } from './ads-protocol.js';
import { AdsService, type AdsStream } from './ads-service.js';

/** Under which the container has how often a proxy is asked whether it is still there. */
export const KeepaliveSeconds = Symbol.for('flowplane.KeepaliveSeconds');

/** The gRPC server of the xDS service. */
@injectable()
export class XdsServer {
  readonly #server: Server;
  readonly #streams = new Set<AdsStream>();

  constructor(@inject(AdsService) ads: AdsService, @inject(KeepaliveSeconds) keepaliveSeconds: number) {
    // Why: a proxy whose machine or network is gone says nothing, and its stream would be open, and counted, for ever.
    const milliseconds = keepaliveSeconds * 1000;
    this.#server = new Server({
      'grpc.keepalive_time_ms': milliseconds,
      'grpc.keepalive_timeout_ms': milliseconds,
    });
    const StreamAggregatedResources = (stream: AdsStream): void => {
      this.#streams.add(stream);
      void ads.accept(stream).finally(() => this.#streams.delete(stream));
    };
    this.#server.addService({ StreamAggregatedResources: streamAggregatedResources }, { StreamAggregatedResources });
  }

  /** Begins to listen, on any free port for 0; gives the address. */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(authority(host, port), ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(authority(host, bound));
        else reject(error);
      });
    });
  }

  /** Ends every stream, so that its proxy connects elsewhere, and stops. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  /** Stops at once. */
  destroy(): void {
    this.#server.forceShutdown();
  }
}
