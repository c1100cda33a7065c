import { setTimeout as wait } from 'node:timers/promises';
import { demoTokens } from './demo-grants.js';
import { resourceKinds, resourceTypes } from './resources/resource.js';
import { AdsClient } from './xds/ads-client.js';

const maxResources = 12;

const pickRandom = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;

/** Sends requests as the clients of a control plane do, until the signal aborts. */
export async function runDemoTraffic(apiUrl: string, xdsAddress: string, signal: AbortSignal): Promise<void> {
  await Promise.all([sendRequests(apiUrl, signal), openStreams(xdsAddress, signal)]);
}

async function sendRequests(apiUrl: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Why errors are ignored: the demo continues, and a stop may interrupt a request.
    await sendOneRequest(apiUrl, signal).catch(() => undefined);
    await wait(500, undefined, { signal }).catch(() => undefined);
  }
}

/** Sends one random request of one client, mostly for its own team. */
async function sendOneRequest(apiUrl: string, signal: AbortSignal): Promise<void> {
  const [ownTeam, token] = pickRandom(Object.entries(demoTokens));
  const team = Math.random() < 0.1 ? pickRandom(Object.keys(demoTokens)) : ownTeam;
  const { type, collection } = pickRandom(resourceKinds);
  const name = `${type}-${1 + Math.floor(Math.random() * maxResources)}`;
  const send = (method: string, path: string, body?: object) =>
    fetch(`${apiUrl}${path}`, {
      method,
      signal,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }).then((response) => response.arrayBuffer());
  const path = `/api/v1/teams/${team}/${collection}`;
  const chance = Math.random();
  if (chance < 0.5) await send('POST', path, { name });
  else if (chance < 0.65) await send('DELETE', `${path}/${name}`);
  else await send('POST', `/v3/discovery:${collection}`, { node: { id: `${team}-proxy`, metadata: { team } } });
}

/** Opens and closes streams, up to four at a time. */
async function openStreams(xdsAddress: string, signal: AbortSignal): Promise<void> {
  const openOneAfterAnother = async (): Promise<void> => {
    while (!signal.aborted) {
      const [team, token] = pickRandom(Object.entries(demoTokens));
      const client = new AdsClient(xdsAddress, team, token);
      const closed = answerResponses(client).catch(() => undefined);
      await wait(5_000 + Math.random() * 25_000, undefined, { signal }).catch(() => undefined);
      client.close();
      await closed;
    }
  };
  await Promise.all([1, 2, 3, 4].map(openOneAfterAnother));
}

/** Accepts most responses and refuses some. */
async function answerResponses(client: AdsClient): Promise<void> {
  for (const type of resourceTypes) client.subscribe(type);
  for await (const response of client) {
    client.answer(response, Math.random() < 0.02 ? 'refused by the demo' : undefined);
  }
}
