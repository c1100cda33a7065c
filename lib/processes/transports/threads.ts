import { BroadcastChannel, type Worker } from 'node:worker_threads';
import type { Downlink, DownlinkEvents, Listening, Uplink, UplinkEvents } from './links.js';
import { isUpMessage, type Message, unwrap, wrap } from './messages.js';

/** The channel that all threads of a process share. Why not their ports: those belong to the program, or to its pool. */
const channelName = 'flowplane-metrics';

/** One end of the channel, which lets its thread end. */
function openChannel(onMessage: (message: Message) => void): BroadcastChannel {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event: unknown) => {
    const message = unwrap((event as { readonly data: unknown }).data);
    if (message !== undefined) onMessage(message);
  };
  channel.unref();
  return channel;
}

function post(channel: BroadcastChannel, message: Message): void {
  try {
    channel.postMessage(wrap(message));
  } catch {
    // Why ignored: the channel was closed.
  }
}

/** Listens to the threads of this process. */
export function listenToThreads(events: DownlinkEvents): Listening {
  const channel = openChannel((message) => {
    if (isUpMessage(message)) events.received(link, message);
  });
  const link: Downlink = { send: (message) => post(channel, message) };
  const onWorker = (worker: Worker): void => {
    const { threadId } = worker;
    worker.once('exit', () => events.threadEnded(threadId));
  };
  // Why by the process: nobody tells a channel that a thread has been terminated.
  process.on('worker', onWorker);
  link.send({ type: 'announce' });
  return {
    close() {
      process.off('worker', onWorker);
      channel.close();
    },
  };
}

/** Publishes to the other threads of this process: one of them has an aggregator, or passes everything on. */
export function connectToThreads(events: UplinkEvents): Uplink {
  const channel = openChannel((message) => {
    if (!isUpMessage(message)) events.received(message);
  });
  // Why not in the next turn: a thread of a pool may wait for its first task without ever having one.
  queueMicrotask(() => events.opened());
  return {
    isBusy: false,
    send: (message) => post(channel, message),
    close: () => channel.close(),
  };
}
