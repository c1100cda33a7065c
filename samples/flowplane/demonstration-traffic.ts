import { setTimeout as wait } from 'node:timers/promises';
import { demonstrationTokens } from './demonstration-grants.js';
import { resourceKinds, resourceTypes } from './resources/resource.js';
import { AdsClient } from './xds/ads-client.js';

const most = 12;

const any = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;

/** Drives the control plane as its clients would, so that there is something to see, until the signal says stop. */
export async function demonstrate(apiUrl: string, xdsAddress: string, signal: AbortSignal): Promise<void> {
  await Promise.all([useApi(apiUrl, signal), useStreams(xdsAddress, signal)]);
}

async function useApi(apiUrl: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Why swallowed: the show goes on, and a stop in the middle of a request is no news.
    await act(apiUrl, signal).catch(() => undefined);
    await wait(500, undefined, { signal }).catch(() => undefined);
  }
}

/** One client does one thing: mostly for its own team. */
async function act(apiUrl: string, signal: AbortSignal): Promise<void> {
  const [own, token] = any(Object.entries(demonstrationTokens));
  const team = Math.random() < 0.1 ? any(Object.keys(demonstrationTokens)) : own;
  const { type, collection } = any(resourceKinds);
  const name = `${type}-${1 + Math.floor(Math.random() * most)}`;
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

/** Proxies come and go, up to four at a time. */
async function useStreams(xdsAddress: string, signal: AbortSignal): Promise<void> {
  const place = async (): Promise<void> => {
    while (!signal.aborted) {
      const [team, token] = any(Object.entries(demonstrationTokens));
      const client = new AdsClient(xdsAddress, team, token);
      const gone = beProxy(client).catch(() => undefined);
      await wait(5_000 + Math.random() * 25_000, undefined, { signal }).catch(() => undefined);
      client.close();
      await gone;
    }
  };
  await Promise.all([place(), place(), place(), place()]);
}

/** Takes what it is sent, and dislikes little of it. */
async function beProxy(client: AdsClient): Promise<void> {
  for (const type of resourceTypes) client.subscribe(type);
  for await (const response of client) {
    client.answer(response, Math.random() < 0.02 ? 'for show' : undefined);
  }
}
