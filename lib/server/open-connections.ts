import type { Socket } from 'node:net';

interface OpenConnection {
  readonly socket: Socket;
  /** Whether its requests may be let in, by the address of the client. */
  readonly isExpected: boolean;
  /** Whether it has sent a whole request. */
  hasAsked: boolean;
  /** How many of its requests are being answered. */
  answering: number;
}

/**
 * The open connections of a server, limited in number.
 *
 * Why the oldest one that asks for nothing makes room for a new one: otherwise, as many silent connections as are allowed
 * would keep every scraper out.
 */
export class OpenConnections {
  readonly #max: number;
  readonly #onRefusal: () => void;
  /** Oldest first. */
  readonly #open = new Map<string, OpenConnection>();

  /** @param onRefusal is called for each connection that is closed because there are too many. */
  constructor(max: number, onRefusal: () => void) {
    this.#max = max;
    this.#onRefusal = onRefusal;
  }

  add(socket: Socket, isExpected: boolean): void {
    const key = keyOf(socket);
    const connection = { socket, isExpected, hasAsked: false, answering: 0 };
    this.#open.set(key, connection);
    socket.once('close', () => {
      if (this.#open.get(key) === connection) this.#open.delete(key);
    });
    if (this.#open.size <= this.#max) return;
    this.#onRefusal();
    (this.#findLessWanted(connection) ?? connection).socket.destroy();
  }

  /** Keeps a connection while a request of it is being answered. Returns the function that says that it is. */
  keep(socket: Socket): () => void {
    const connection = this.#open.get(keyOf(socket));
    if (connection === undefined) return () => undefined;
    connection.hasAsked = true;
    connection.answering++;
    return () => {
      connection.answering--;
    };
  }

  /** Whether there is a connection from this port of its client. */
  hasClientPort(port: number | undefined): boolean {
    return [...this.#open.values()].some(({ socket }) => socket.remotePort === port);
  }

  /** Closes all connections, also those whose TLS handshake is not finished. */
  closeAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  /** The connection that makes room for this one: of those that ask for nothing now, the oldest of the lowest rank. */
  #findLessWanted(added: OpenConnection): OpenConnection | undefined {
    let found: OpenConnection | undefined;
    for (const connection of this.#open.values()) {
      if (connection === added || connection.answering > 0 || connection.socket.destroyed) continue;
      if (connection.isExpected && !added.isExpected) continue;
      if (found === undefined || rankOf(connection) < rankOf(found)) found = connection;
    }
    return found;
  }
}

/** How long a connection is kept, compared with others: first by its address, then by whether it has ever asked. */
const rankOf = ({ isExpected, hasAsked }: OpenConnection): number => Number(isExpected) * 2 + Number(hasAsked);

/** Why not the socket itself: a request over TLS has another socket than its connection, with the same addresses. */
const keyOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;
