import { setTimeout as wait } from 'node:timers/promises';
import type { TeamTokens } from './token-authenticator.js';

const collections = ['clusters', 'routes', 'listeners'] as const;
const most = 12;

const any = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;

/** Drives the API as its clients would, so that there is something to see, until the signal says stop. */
export async function demonstrate(apiUrl: string, tokens: TeamTokens, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Why swallowed: the show goes on, and a stop in the middle of a request is no news.
    await act(apiUrl, tokens, signal).catch(() => undefined);
    await wait(500, undefined, { signal }).catch(() => undefined);
  }
}

/** One client does one thing: mostly for its own team. */
async function act(apiUrl: string, tokens: TeamTokens, signal: AbortSignal): Promise<void> {
  const [token, own] = any(Object.entries(tokens)) as [string, string];
  const team = Math.random() < 0.1 ? any(Object.values(tokens)) : own;
  const collection = any(collections);
  const name = `${collection.slice(0, -1)}-${1 + Math.floor(Math.random() * most)}`;
  const send = (method: string, path: string, body?: object) =>
    fetch(`${apiUrl}${path}`, {
      method,
      signal,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }).then((response) => response.arrayBuffer());
  const path = `/api/v1/teams/${team}/${collection}`;
  const chance = Math.random();
  if (chance < 0.5) await send('POST', path, { name, connect_timeout: '1s' });
  else if (chance < 0.65) await send('DELETE', `${path}/${name}`);
  else await send('POST', `/v3/discovery:${collection}`, { node: { id: `${team}-proxy`, metadata: { team } } });
}
