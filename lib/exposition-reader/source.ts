import { isUtf8 } from 'node:buffer';

/** The bytes of an exposition as a text, in which every byte sequence has its place. */
export interface Source {
  readonly text: string;
  /** Decodes a part of the text; `undefined` where it is no UTF-8. */
  decode(part: string): string | undefined;
}

/** Reads bytes as UTF-8; where they are not, character by character, so that the broken part can be found. */
export function sourceOf(bytes: Uint8Array): Source {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return { text: buffer.toString('utf8'), decode: (part) => part };
  return {
    text: buffer.toString('latin1'),
    decode: (part) => {
      const own = Buffer.from(part, 'latin1');
      return isUtf8(own) ? own.toString('utf8') : undefined;
    },
  };
}

/** Replaces the escape sequences of a label value or of a quoted name. An unknown one stays as it is. */
export const unescaped = (text: string): string =>
  text.includes('\\') ? text.replace(/\\([\\n"])/g, (_, one: string) => (one === 'n' ? '\n' : one)) : text;
