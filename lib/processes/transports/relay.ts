import type { Downlink, DownlinkEvents, Uplink, UplinkEvents } from './links.js';
import type { UpMessage } from './messages.js';
import { listenToThreads } from './threads.js';

/**
 * Connects to an aggregator elsewhere, and lets the threads of this process use the same connection.
 *
 * @param connect makes the connection.
 */
export function relayThreads(own: UplinkEvents, connect: (events: UplinkEvents) => Uplink): Uplink {
  /** The sources of each thread that have said hello. */
  const sources = new Map<number, Set<string>>();
  let threads: Downlink | undefined;
  const passOn: DownlinkEvents = {
    received(link, message) {
      threads = link;
      if (message.type === 'hello') remember(message);
      uplink.send(message);
    },
    closed: () => undefined,
    unreadable: () => undefined,
    threadEnded(thread) {
      for (const id of sources.get(thread) ?? []) uplink.send({ type: 'bye', id });
      sources.delete(thread);
    },
  };
  const remember = ({ source }: Extract<UpMessage, { type: 'hello' }>): void => {
    const ofThread = sources.get(source.thread) ?? new Set();
    sources.set(source.thread, ofThread.add(source.id));
  };
  const listening = listenToThreads(passOn);
  const uplink = connect({
    opened: () => own.opened(),
    received(message) {
      own.received(message);
      threads?.send(message);
    },
    closed: () => own.closed(),
  });
  return {
    send: (message) => uplink.send(message),
    // Why only where it can: a publisher sends its last numbers otherwise.
    ...(uplink.leaveBehind && { leaveBehind: uplink.leaveBehind.bind(uplink) }),
    get isBusy() {
      return uplink.isBusy;
    },
    close() {
      listening.close();
      uplink.close();
    },
  };
}
