import type { ChildProcess } from 'node:child_process';
import cluster, { type Worker } from 'node:cluster';
import type { Downlink, DownlinkEvents, Listening, Uplink, UplinkEvents } from './links.js';
import { type DownMessage, isUpMessage, toBase64, type UpMessage, unwrap, wrap } from './messages.js';

/** What sends to the other end of an IPC channel. */
interface Channel {
  send?(message: object, handle: undefined, options: undefined, callback: (error: Error | null) => void): boolean;
  readonly connected?: boolean;
}

/**
 * Sends by an IPC channel; returns whether it was tried. Why with a callback: without one, a channel that was closed meanwhile
 * would emit an error that ends the process.
 */
function post(channel: Channel, message: object, sent: () => void): boolean {
  try {
    if (channel.send === undefined || channel.connected !== true) return false;
    channel.send(message, undefined, undefined, sent);
    return true;
  } catch {
    // Why ignored: the channel was closed in between.
    return false;
  }
}

const ignore = (): void => undefined;

/** The aggregator's end of the channel to one process. */
class ChildLink implements Downlink {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  send(message: DownMessage): void {
    post(this.#channel, wrap(message), ignore);
  }
}

const receive = (events: DownlinkEvents, link: Downlink, envelope: unknown): void => {
  const message = unwrap(envelope);
  if (message !== undefined && isUpMessage(message)) events.received(link, message);
};

/** Listens to the workers of this cluster, those that start later too. */
export function listenToCluster(events: DownlinkEvents): Listening {
  const links = new Map<Worker, ChildLink>();
  const linkOf = (worker: Worker): ChildLink => {
    let link = links.get(worker);
    if (link === undefined) {
      link = new ChildLink(worker.process as Channel);
      links.set(worker, link);
    }
    return link;
  };
  const onMessage = (worker: Worker, envelope: unknown): void => {
    if (unwrap(envelope) !== undefined) receive(events, linkOf(worker), envelope);
  };
  const onDisconnect = (worker: Worker): void => {
    const link = links.get(worker);
    links.delete(worker);
    if (link !== undefined) events.closed(link);
  };
  cluster.on('message', onMessage);
  cluster.on('disconnect', onDisconnect);
  // Why not to those that start later: they say hello by themselves.
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (worker?.isConnected()) linkOf(worker).send({ type: 'announce' });
  }
  return {
    close() {
      cluster.off('message', onMessage);
      cluster.off('disconnect', onDisconnect);
    },
  };
}

/** How long to wait before a child that has not answered for so long is told again that there is an aggregator; both in milliseconds. */
function pauseAfter(unanswered: number): number | undefined {
  // Why short at first: what a child counts before it has heard is lost where it is killed.
  if (unanswered < 10_000) return 250;
  return unanswered < 60_000 ? 5000 : undefined;
}

/** Listens to a child process that was started with an IPC channel. */
export function listenToChild(child: ChildProcess, events: DownlinkEvents): Listening {
  const link = new ChildLink(child as Channel);
  let timer: NodeJS.Timeout | undefined;
  // Why again: the child may listen only later, and a message that comes before is lost where it has another listener.
  const announce = (unanswered: number): void => {
    link.send({ type: 'announce' });
    const pause = pauseAfter(unanswered);
    if (pause !== undefined) timer = setTimeout(announce, pause, unanswered + pause).unref();
  };
  const onMessage = (envelope: unknown): void => {
    if (unwrap(envelope) === undefined) return;
    clearTimeout(timer);
    receive(events, link, envelope);
  };
  const onDisconnect = (): void => {
    clearTimeout(timer);
    events.closed(link);
  };
  child.on('message', onMessage);
  child.once('disconnect', onDisconnect);
  announce(0);
  return {
    close() {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('disconnect', onDisconnect);
    },
  };
}

/** A publisher's end of the channel to the process that has started it. */
class ParentLink implements Uplink {
  readonly #stop: () => void;
  #unsent = 0;

  constructor(stop: () => void) {
    this.#stop = stop;
  }

  get isBusy(): boolean {
    return this.#unsent > 0;
  }

  send(message: UpMessage): void {
    const isTried = post(process as Channel, wrap(message, toBase64), () => {
      this.#unsent--;
    });
    if (isTried) this.#unsent++;
  }

  close(): void {
    this.#stop();
  }
}

/** Publishes to the primary of this worker's cluster, which is asked whether it has an aggregator. */
export function connectToPrimary(events: UplinkEvents): Uplink {
  const { worker } = cluster;
  const onMessage = (envelope: unknown): void => receiveDown(events, envelope);
  const onDisconnect = (): void => events.closed();
  // Why by the worker: a listener of the process itself would keep the process running.
  worker?.on('message', onMessage);
  worker?.once('disconnect', onDisconnect);
  setImmediate(() => events.opened());
  return new ParentLink(() => {
    worker?.off('message', onMessage);
    worker?.off('disconnect', onDisconnect);
  });
}

/** Publishes to the process that has started this one with an IPC channel, once that has said that it has an aggregator. */
export function connectToParent(events: UplinkEvents): Uplink {
  const onMessage = (envelope: unknown): void => receiveDown(events, envelope);
  const onDisconnect = (): void => events.closed();
  process.on('message', onMessage);
  process.once('disconnect', onDisconnect);
  // Why: each listener keeps the process running, and a service that has done its work must end.
  const channel = process.channel as { unrefCounted?(): void; refCounted?(): void } | undefined;
  channel?.unrefCounted?.();
  channel?.unrefCounted?.();
  return new ParentLink(() => {
    channel?.refCounted?.();
    channel?.refCounted?.();
    process.off('message', onMessage);
    process.off('disconnect', onDisconnect);
  });
}

function receiveDown(events: UplinkEvents, envelope: unknown): void {
  const message = unwrap(envelope);
  if (message !== undefined && !isUpMessage(message)) events.received(message);
}
