import { PrometheusRecorder } from '../../lib/index.js';
import { MergedFamilies } from '../../lib/processes/merging/merged-families.js';
import { limitsOf } from '../../lib/processes/options.js';
import { Publisher } from '../../lib/processes/publisher.js';
import { Sources } from '../../lib/processes/sources.js';
import type { UplinkEvents } from '../../lib/processes/transports/links.js';

/** The bytes in use once nothing more can be collected. */
export function memory(): number {
  for (let i = 0; i < 4; i++) global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const room = { maxSeriesPerFamily: 1_000_000, maxSamples: 10_000_000, onAdvice: () => undefined };

export function createRecorder(
  series: number,
  fill: (recorder: PrometheusRecorder, team: string) => void,
): PrometheusRecorder {
  const recorder = new PrometheusRecorder(room);
  for (let i = 0; i < series; i++) fill(recorder, `team-${i}`);
  return recorder;
}

/** What a recorder publishes at first. */
export async function frameOf(recorder: PrometheusRecorder): Promise<Uint8Array> {
  const { publisher, frames } = publish(recorder);
  await publisher.publish();
  publisher.discard();
  return Uint8Array.from(frames[0] as Uint8Array);
}

/** Publishes into a list. */
export function publish(recorder: PrometheusRecorder, frames: Uint8Array[] = []) {
  const settings = { intervalSeconds: 3600, collectSeconds: 3600, processMetrics: false };
  const connect = (_: UplinkEvents) => ({
    isBusy: true,
    send: (message: { type: string; frame?: Uint8Array }) => {
      if (message.frame !== undefined) frames.push(message.frame);
    },
    close: () => undefined,
  });
  const publisher = new Publisher(recorder, settings, connect, () => undefined);
  publisher.received({ type: 'welcome', id: publisher.identity.id });
  return { publisher, frames };
}

/** Sources that come and go with the same frame. */
export class Arrivals {
  readonly families = new MergedFamilies({ maxSeries: 1_000_000, onLeftOut: () => undefined });
  readonly sources = new Sources(this.families, limitsOf({ maxSeries: 1_000_000 }), (reason) => {
    throw new Error(reason);
  });
  readonly #link = { send: () => undefined };
  #started = 0;

  start(frame: Uint8Array): string {
    const id = `source ${this.#started++}`;
    this.sources.received(this.#link, {
      type: 'hello',
      source: { id, pid: process.pid, thread: 0 },
      version: 1,
      intervalSeconds: 1,
    });
    this.sources.received(this.#link, { type: 'frame', id, frame });
    return id;
  }

  end(id: string): void {
    this.sources.received(this.#link, { type: 'bye', id });
  }
}
