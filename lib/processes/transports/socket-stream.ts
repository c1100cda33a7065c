import { type Message, unwrap, wrap } from './messages.js';

/*
 * On a socket a message is: the length of the rest, the length of the envelope (both 32 bits, the lowest byte first), the
 * envelope as JSON without its frame, and the frame.
 */

const headBytes = 8;

/** A message as bytes. */
export function encodeMessage(message: Message): Buffer {
  const frame = message.type === 'frame' ? message.frame : new Uint8Array();
  const envelope = Buffer.from(JSON.stringify(wrap(message, () => '')));
  const head = Buffer.allocUnsafe(headBytes);
  head.writeUInt32LE(4 + envelope.length + frame.length, 0);
  head.writeUInt32LE(envelope.length, 4);
  return Buffer.concat([head, envelope, frame]);
}

/** Is thrown where a message is larger than it may be, or cannot be one. */
export class UnreadableStream extends Error {
  override readonly name = 'UnreadableStream';
}

/** Takes bytes as they come, and gives the messages in them. */
export class MessageDecoder {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws UnreadableStream, after which no further bytes can be read. */
  *decode(chunk: Buffer): Generator<Message> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#length < headBytes) return;
      const head = this.#joined();
      const length = head.readUInt32LE(0);
      const envelopeLength = head.readUInt32LE(4);
      if (length > this.#maxBytes || envelopeLength + 4 > length) {
        throw new UnreadableStream(`a message of ${length} bytes`);
      }
      if (this.#length < length + 4) return;
      const whole = this.#take(length + 4);
      const message = toMessage(whole, envelopeLength);
      if (message !== undefined) yield message;
    }
  }

  /** The received bytes, joined where the first piece is shorter than the head of a message. */
  #joined(): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= headBytes) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  #take(length: number): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = length < all.length ? [all.subarray(length)] : [];
    this.#length -= length;
    return all.subarray(0, length);
  }
}

function toMessage(whole: Buffer, envelopeLength: number): Message | undefined {
  try {
    const envelope: unknown = JSON.parse(whole.toString('utf8', headBytes, headBytes + envelopeLength));
    // Why copied: the bytes around it would be kept with it.
    const frame = Uint8Array.prototype.slice.call(whole, headBytes + envelopeLength);
    return unwrap(typeof envelope === 'object' && envelope !== null ? { ...envelope, frame } : envelope);
  } catch {
    throw new UnreadableStream('an envelope that is no JSON');
  }
}
