import { setTimeout as wait } from 'node:timers/promises';

/** Scrapes until all of these samples are there. The time limit of the spec says how long. */
export async function scrapedUntil(url: string, ...expected: readonly string[]): Promise<string[]> {
  for (;;) {
    const samples = await scrapedFrom(url);
    if (expected.every((one) => samples.includes(one))) return samples;
    await wait(20);
  }
}

/** The samples of a scrape; none while nobody answers, or nobody in time: the process that would may be killed meanwhile. */
export async function scrapedFrom(url: string): Promise<string[]> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    return (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  } catch {
    return [];
  }
}
