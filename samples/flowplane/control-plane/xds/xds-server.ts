import { Server, ServerCredentials } from '@grpc/grpc-js';
import { inject, injectable } from 'inversify';
import { formatHostAndPort } from '../host-and-port.js';
import { streamAggregatedResources } from './ads-protocol.js';
import { AdsService, type AdsStream } from './ads-service.js';

/** The container's identifier for the interval of keepalive pings. */
export const KeepaliveSeconds = Symbol.for('flowplane.KeepaliveSeconds');

/** The gRPC server of the xDS service. */
@injectable()
export class XdsServer {
  readonly #server: Server;
  readonly #streams = new Set<AdsStream>();

  constructor(@inject(AdsService) ads: AdsService, @inject(KeepaliveSeconds) keepaliveSeconds: number) {
    // Why: a proxy whose machine or network fails does not close its stream, and the gauge would count it for ever.
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

  /** Listens, for port 0 on any free one. Returns the address. */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(formatHostAndPort(host, port), ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(formatHostAndPort(host, bound));
        else reject(error);
      });
    });
  }

  /** Ends every stream, so that its proxy connects elsewhere, and stops listening. */
  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
  }

  /** Closes all streams at once. */
  destroy(): void {
    this.#server.forceShutdown();
  }
}
