import { once } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { MetricsError, refuseIfAny } from '../../error.js';
import { leaveFile, leftPath } from '../left-files.js';
import type { Downlink, DownlinkEvents, Listening, Uplink, UplinkEvents } from './links.js';
import { type DownMessage, isUpMessage, type UpMessage } from './messages.js';
import { checkSocketPath } from './socket-path.js';
import { encodeMessage, MessageDecoder } from './socket-stream.js';

/** What the envelope of a frame may add to its length. */
const envelopeBytes = 64 * 1024;
/** After how many milliseconds a publisher tries again to connect. */
const reconnectMs = 250;

class SocketLink implements Downlink {
  readonly mayReopen = true;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(message: DownMessage): void {
    if (this.#socket.writable) this.#socket.write(encodeMessage(message));
  }
}

/**
 * Listens at a Unix socket. Resolves to `undefined` where another process listens there already.
 *
 * @throws MetricsError `listen_failed` where the path cannot be used, or is not safe.
 */
export async function listenAtSocket(
  path: string,
  events: DownlinkEvents,
  { maxFrameBytes }: { readonly maxFrameBytes: number },
): Promise<Listening | undefined> {
  refuseIfAny('MetricsAggregator', checkSocketPath(path));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    receiveUp(socket, events, maxFrameBytes);
  });
  server.unref();
  if (!(await tryToListen(server, path))) return undefined;
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function receiveUp(socket: Socket, events: DownlinkEvents, maxFrameBytes: number): void {
  const link = new SocketLink(socket);
  const decoder = new MessageDecoder(maxFrameBytes + envelopeBytes);
  socket.unref();
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of decoder.decode(chunk)) if (isUpMessage(message)) events.received(link, message);
    } catch {
      events.unreadable(link);
      socket.destroy();
    }
  });
  socket.on('error', () => undefined);
  socket.once('close', () => events.closed(link));
  link.send({ type: 'announce' });
}

/** Listens, in place of a socket that nobody listens at any more; returns `false` where somebody does. */
async function tryToListen(server: Server, path: string): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      // Why exclusive: the workers of a cluster would share it by the primary, and each answer would reach any of them.
      server.listen({ path, exclusive: true });
      await once(server, 'listening');
      return true;
    } catch (cause) {
      if ((cause as { code?: string }).code !== 'EADDRINUSE') throw listenError(path, cause);
      if (await isAnswered(path)) return false;
      if (await replaceStale(path)) return false;
    }
  }
  return false;
}

/**
 * Removes a socket that nobody listens at; returns whether somebody did after all. Why renamed first: another process may
 * have taken its place since we asked, and that one must not be removed.
 */
async function replaceStale(path: string): Promise<boolean> {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    const isAlive = await isAnswered(aside);
    if (isAlive) renameSync(aside, path);
    else rmSync(aside, { force: true });
    return isAlive;
  } catch {
    // Why ignored: another process has removed it.
    return false;
  }
}

/** Whether somebody listens at this socket. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function listenError(path: string, cause: unknown): MetricsError {
  const code = (cause as { code?: string }).code ?? 'unknown error';
  const message = `socket "${path}" cannot be listened at (${code}). Choose another path.`;
  return new MetricsError('MetricsAggregator', [{ code: 'listen_failed', message }], { cause });
}

/** Is asked before a publisher connects again. `false`: it shall not, because this process does not publish any more. */
export type MayConnect = () => Promise<boolean>;

const always: MayConnect = async () => true;

/**
 * Publishes to a Unix socket, and connects again whenever it is closed.
 *
 * @throws MetricsError `listen_failed` where the path is not safe: another user who listens there would get the numbers.
 */
export function connectToSocket(path: string, mayConnect = always): (events: UplinkEvents) => Uplink {
  refuseIfAny('publishMetrics', checkSocketPath(path));
  return (events) => new SocketUplink(path, events, mayConnect);
}

class SocketUplink implements Uplink {
  readonly #path: string;
  readonly #events: UplinkEvents;
  readonly #mayConnect: MayConnect;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(path: string, events: UplinkEvents, mayConnect: MayConnect) {
    this.#path = path;
    this.#events = events;
    this.#mayConnect = mayConnect;
    // Why later: who has called knows this object only then.
    setImmediate(() => this.#connect());
  }

  get isBusy(): boolean {
    return (this.#socket?.writableLength ?? 0) > 0;
  }

  send(message: UpMessage): void {
    if (this.#socket?.writable) this.#socket.write(encodeMessage(message));
  }

  leaveBehind(id: string, frame: Uint8Array): void {
    leaveFile(leftPath(this.#path, id), frame);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.end();
  }

  #connect(): void {
    if (this.#isClosed) return;
    const socket = connect(this.#path);
    const decoder = new MessageDecoder(envelopeBytes);
    socket.unref();
    socket.on('connect', () => {
      this.#socket = socket;
      this.#events.opened();
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const message of decoder.decode(chunk)) if (!isUpMessage(message)) this.#events.received(message);
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => undefined);
    socket.once('close', () => this.#onClosed());
  }

  #onClosed(): void {
    this.#socket = undefined;
    this.#events.closed();
    if (this.#isClosed) return;
    // Why at random: of several processes that want to take a place, one must be first.
    this.#timer = setTimeout(() => void this.#connectAgain(), reconnectMs * (0.5 + Math.random())).unref();
  }

  async #connectAgain(): Promise<void> {
    if (await this.#mayConnect()) this.#connect();
  }
}
