import cluster from 'node:cluster';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { OpenConnections } from './open-connections.js';
import { paths } from './route.js';

/** Whether workers of a cluster can share a port in this process. */
export const isClusterWorker = (): boolean => cluster.isWorker;

/** The number of this worker in its cluster. */
export const workerId = (): number | undefined => cluster.worker?.id;

/** The primary hands connections to its workers in turn, so few are enough to meet another one. */
const attempts = 4;

/**
 * Whether another worker of the cluster answers at this URL of ours too.
 *
 * Why by asking: a worker is not told who else listens, and a port that differs from worker to worker is the way out.
 */
export async function isShared(url: string, connections: OpenConnections): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (!(await reaches(url, connections))) return true;
  }
  return false;
}

/** Whether a request to this URL has come in by one of these connections. Where it fails, nothing is known: `true`. */
async function reaches(url: string, connections: OpenConnections): Promise<boolean> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  // Why kept alive: the connection must still be there when the answer has come. Why not verified: nothing secret is sent.
  const options = { agent: false, rejectUnauthorized: false, headers: { Connection: 'keep-alive' } };
  const sent = request(new URL(paths.healthy, reachable(url)), options);
  sent.once('socket', (socket) => socket.unref());
  sent.end();
  try {
    const [{ socket }] = (await once(sent, 'response')) as [IncomingMessage];
    return connections.hasClientPort(socket.localPort);
  } catch {
    return true;
  } finally {
    sent.destroy();
  }
}

/** A URL of this machine for a server that listens on all of its addresses. */
const reachable = (url: string): string => url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
