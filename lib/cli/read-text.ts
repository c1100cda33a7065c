import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';

/**
 * Reads a file that must have a text in it.
 *
 * @throws Error which says the reason only: what the file is for, and what to do, is said by who asks for it.
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch(({ code = '', message }: NodeJS.ErrnoException) => {
    throw new Error(reasons[code] ?? message);
  });
  if (!isUtf8(bytes) || bytes.includes(0)) throw new Error('it is no text: unpack it, if it is compressed');
  const text = bytes.toString();
  if (text.trim() === '') throw new Error('it is empty');
  return text;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
  ENOENT: 'a path where no file is',
};
