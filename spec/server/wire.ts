import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that speaks bytes, whatever HTTP says. */
export class Wire {
  readonly socket: Socket;
  /** What has come back so far. */
  received = '';
  readonly closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
    });
    // Being cut off is what these clients are for.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
  }

  /** @param localAddress where it connects from. */
  static async open(port: number, localAddress = '127.0.0.1'): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** Sends lines of a head, and the empty one after it. */
  head(...lines: string[]): this {
    return this.send(`${lines.join('\r\n')}\r\n\r\n`);
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** The status lines of the answers so far. */
  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
  }
}
