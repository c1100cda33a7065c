/** Who publishes: a recorder in a thread of a process. */
export interface SourceIdentity {
  /** Random, so that no two recorders are taken for one, whatever process ids are used again. */
  readonly id: string;
  readonly pid: number;
  /** 0 is the main thread. */
  readonly thread: number;
}

/** What a publisher tells an aggregator. */
export type UpMessage =
  | {
      readonly type: 'hello';
      readonly source: SourceIdentity;
      readonly version: number;
      /** Every how many seconds it publishes. */
      readonly intervalSeconds: number;
    }
  | { readonly type: 'frame'; readonly id: string; readonly frame: Uint8Array }
  | { readonly type: 'bye'; readonly id: string };

/** What an aggregator tells the publishers. */
export type DownMessage =
  /** There is an aggregator: say hello. */
  | { readonly type: 'announce' }
  /** Publish, beginning with all that there is. */
  | { readonly type: 'welcome'; readonly id: string }
  /** Publish no more. */
  | { readonly type: 'refuse'; readonly id: string; readonly reason: string };

export type Message = UpMessage | DownMessage;

/**
 * The property that an envelope has, and no message of anybody else. Its value is the version of the envelope: one of another
 * version is ignored.
 */
const tag = 'flowplane-metrics';
const envelopeVersion = 1;

/**
 * A message in an envelope, for a channel that others use too.
 *
 * @param spell makes the bytes of a frame something that the channel carries.
 */
export function wrap(message: Message, spell: (frame: Uint8Array) => unknown = (frame) => frame): object {
  const content = message.type === 'frame' ? { ...message, frame: spell(message.frame) } : message;
  return { [tag]: envelopeVersion, ...content };
}

/** A frame as text. Why: a channel that carries JSON would make an object of each byte. */
export const toBase64 = (frame: Uint8Array): string =>
  Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('base64');

/** The message in an envelope; `undefined` if it is something else, or not a message that this version knows. */
export function unwrap(envelope: unknown): Message | undefined {
  if (typeof envelope !== 'object' || envelope === null) return undefined;
  const given = envelope as Readonly<Record<string, unknown>>;
  if (given[tag] !== envelopeVersion) return undefined;
  const { type, id, source, version, reason, intervalSeconds } = given;
  switch (type) {
    case 'announce':
      return { type };
    case 'hello':
      return isIdentity(source) && typeof version === 'number' && typeof intervalSeconds === 'number'
        ? { type, source, version, intervalSeconds }
        : undefined;
    case 'welcome':
    case 'bye':
      return typeof id === 'string' ? { type, id } : undefined;
    case 'refuse':
      return typeof id === 'string' && typeof reason === 'string' ? { type, id, reason } : undefined;
    case 'frame': {
      const frame = toBytes(given['frame']);
      return typeof id === 'string' && frame !== undefined ? { type, id, frame } : undefined;
    }
    default:
      return undefined;
  }
}

function toBytes(frame: unknown): Uint8Array | undefined {
  if (typeof frame === 'string') return Buffer.from(frame, 'base64');
  return frame instanceof Uint8Array ? frame : undefined;
}

function isIdentity(given: unknown): given is SourceIdentity {
  const { id, pid, thread } = (given ?? {}) as Partial<SourceIdentity>;
  return typeof id === 'string' && id !== '' && id.length <= 64 && Number.isInteger(pid) && Number.isInteger(thread);
}

export const isUpMessage = (message: Message): message is UpMessage =>
  message.type === 'hello' || message.type === 'frame' || message.type === 'bye';
