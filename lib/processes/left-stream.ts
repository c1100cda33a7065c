import { appendFileSync } from 'node:fs';
import { leaveFile } from './left-files.js';
import type { Uplink, UplinkEvents } from './transports/links.js';
import type { UpMessage } from './transports/messages.js';
import { encodeMessage, MessageDecoder } from './transports/socket-stream.js';
import { isComplete } from './wire/frame.js';

/** The file may be so many times as long as its first frame, and so many bytes longer, before it is written anew. */
const mostTimes = 4;
const mostBytes = 2 ** 20;

/**
 * Publishes into a file, for the process that takes over where this one is killed: a complete frame, then each time what has
 * changed, as to a socket. What is written is safe from the end of the process, not from that of the machine.
 */
export class FileUplink implements Uplink {
  readonly isBusy = false;
  readonly #path: string;
  readonly #events: UplinkEvents;
  #first = 0;
  #length = 0;

  constructor(path: string, events: UplinkEvents) {
    this.#path = path;
    this.#events = events;
  }

  send(message: UpMessage): void {
    if (message.type !== 'frame') return;
    const bytes = encodeMessage(message);
    if (isComplete(message.frame)) {
      leaveFile(this.#path, bytes);
      this.#first = bytes.length;
      this.#length = bytes.length;
    } else this.#append(bytes);
    if (this.#length > this.#first * mostTimes + mostBytes) {
      setImmediate(() => this.#events.received({ type: 'welcome', id: message.id }));
    }
  }

  close(): void {}

  #append(bytes: Uint8Array): void {
    try {
      appendFileSync(this.#path, bytes);
      this.#length += bytes.length;
    } catch {
      // Why: without this frame, nobody can use the later ones.
      this.#length = Number.POSITIVE_INFINITY;
    }
  }
}

/** The frames of a file that was written so, as far as it can be read: the process was perhaps killed while it wrote. */
export function* readStream(file: Buffer, maxBytes: number): Generator<Uint8Array> {
  for (const message of new MessageDecoder(maxBytes).decode(file)) if (message.type === 'frame') yield message.frame;
}
