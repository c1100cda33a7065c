import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/*
 * What processes at a socket leave behind for the one that takes over: complete frames in files beside the socket, in a folder
 * that nobody else can enter.
 */

/** How old a file may be, in milliseconds. Why so little: it is for the process that takes over, not for a new start. */
const maxAgeMs = 60_000;
const ending = '.left';

/** The path of the file that this source leaves. */
export const leftPath = (socket: string, id: string): string => `${socket}.${id}${ending}`;

/** Writes a file at once and as a whole. Never throws: a disk that is full must cost no more than this. */
export function leaveFile(path: string, frame: Uint8Array): void {
  try {
    writeFileSync(`${path}.new`, frame, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // Why ignored: see above.
  }
}

/**
 * Reads what was left at this socket, each once.
 *
 * @param own a file that stays where it is, because the reader has written it.
 */
export function takeLeftFiles(socket: string, own?: string): Buffer[] {
  const paths = listFiles(socket).filter((path) => path !== own);
  return paths.flatMap((path) => {
    try {
      const isRecent = Date.now() - statSync(path).mtimeMs <= maxAgeMs;
      return isRecent ? [readFileSync(path)] : [];
    } catch {
      return [];
    } finally {
      rmSync(path, { force: true });
    }
  });
}

function listFiles(socket: string): string[] {
  const folder = dirname(socket);
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith(`${basename(socket)}.`) && name.endsWith(ending))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
