import type { Scrapable } from '../../lib/index.js';
import { MergedFamilies } from '../../lib/processes/merging/merged-families.js';
import { limitsOf } from '../../lib/processes/options.js';
import { Publisher } from '../../lib/processes/publisher.js';
import { Sources } from '../../lib/processes/sources.js';
import type { Downlink, UplinkEvents } from '../../lib/processes/transports/links.js';
import type { UpMessage } from '../../lib/processes/transports/messages.js';

/** Sources and the publishers that are connected to them, without a process in between. */
export class Connected implements Scrapable {
  /** What was refused, and why. */
  readonly failures: string[] = [];
  /** How many bytes each frame had. */
  readonly frames: number[] = [];
  readonly sources: Sources;
  /** Changes a message on its way, or loses it. */
  change: (message: UpMessage) => UpMessage | undefined = (message) => message;
  readonly #families: MergedFamilies;
  readonly #publishers = new Map<Scrapable, { readonly publisher: Publisher; readonly link: Downlink }>();

  constructor(options: Parameters<typeof limitsOf>[0] = {}) {
    const limits = limitsOf(options);
    this.#families = new MergedFamilies({
      maxSeries: limits.maxSeries,
      onLeftOut: (reason, family) => this.failures.push(`${reason} ${family}`),
    });
    this.sources = new Sources(this.#families, limits, (reason) => this.failures.push(reason));
  }

  async exposedFamilies() {
    return this.#families.exposedFamilies(() => true);
  }

  get series(): number {
    return this.#families.series;
  }

  connect(...recorders: readonly Scrapable[]): this {
    for (const recorder of recorders) {
      const settings = { intervalSeconds: 3600, collectSeconds: 0.01, processMetrics: false };
      const publisher = new Publisher(
        recorder,
        settings,
        (events) => this.#link(recorder, events),
        (reason) => this.failures.push(`told ${reason}`),
      );
      const { link } = this.#publishers.get(recorder) ?? { link: { send: () => undefined } };
      this.#publishers.set(recorder, { publisher, link });
      publisher.opened();
    }
    return this;
  }

  async publish(): Promise<void> {
    // Why: what was said before is heard first.
    await new Promise((resolve) => setImmediate(resolve));
    for (const { publisher } of this.#publishers.values()) await publisher.publish();
  }

  /** The process of this recorder ends in order. */
  async end(recorder: Scrapable): Promise<void> {
    await this.#publishers.get(recorder)?.publisher.close();
    this.#publishers.delete(recorder);
  }

  /** The process of this recorder is killed: nothing more comes of it. */
  kill(recorder: Scrapable): void {
    const { publisher, link } = this.#publishers.get(recorder) ?? {};
    this.#publishers.delete(recorder);
    publisher?.closed();
    if (publisher === undefined || link === undefined) return;
    this.sources.received(link, { type: 'bye', id: publisher.identity.id });
  }

  /** The connection of this recorder's process breaks. */
  disconnect(recorder: Scrapable): void {
    this.#publishers.get(recorder)?.publisher.closed();
  }

  reconnect(recorder: Scrapable): void {
    this.#publishers.get(recorder)?.publisher.opened();
  }

  async close(): Promise<void> {
    for (const recorder of [...this.#publishers.keys()]) await this.end(recorder);
    this.sources.close();
  }

  #link(recorder: Scrapable, events: UplinkEvents) {
    const link: Downlink = { send: (message) => queueMicrotask(() => events.received(message)) };
    this.#publishers.set(recorder, { link } as never);
    return {
      isBusy: false,
      send: (message: UpMessage) => {
        const changed = this.change(message);
        if (changed === undefined) return;
        if (changed.type === 'frame') this.frames.push(changed.frame.length);
        this.sources.received(link, changed);
      },
      close: () => undefined,
    };
  }
}
