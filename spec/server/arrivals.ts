import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { BroadcastChannel } from 'node:worker_threads';
import { inThread } from './served.js';
import { ThreadFaults } from './thread-faults.js';

/** Counts the requests that arrive at the servers of this process, wherever they run. */
export interface Arrivals {
  readonly count: number;
  stop(): void;
}

const channelName = 'http.server.request.start';

/** Begins to count. The servers listen already. */
export async function countArrivals(): Promise<Arrivals> {
  let count = 0;
  const arrived = (): void => void count++;
  const stop = inThread ? await subscribeInThread(arrived) : subscribeHere(arrived);
  return {
    get count() {
      return count;
    },
    stop,
  };
}

function subscribeHere(arrived: () => void): () => void {
  subscribe(channelName, arrived);
  return () => void unsubscribe(channelName, arrived);
}

async function subscribeInThread(arrived: () => void): Promise<() => void> {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = arrived;
  const faults = new ThreadFaults();
  await faults.start();
  await faults.runInAll(`{
    const channel = new BroadcastChannel('${channelName}');
    channel.unref();
    require('node:diagnostics_channel').subscribe('${channelName}', () => channel.postMessage('arrived'));
  }`);
  return () => {
    channel.close();
    faults.stop();
  };
}
