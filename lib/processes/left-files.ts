import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

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

/** Reads what this source has left, once; `undefined` if it has left nothing, or too long ago. */
export function takeLeftFile(socket: string, id: string): Buffer | undefined {
  const path = leftPath(socket, id);
  try {
    return Date.now() - statSync(path).mtimeMs <= maxAgeMs ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * The sources that have left something at this socket.
 *
 * Why none with a dot: that file is of another socket in the folder, whose name begins with the name of this one.
 */
export function listLeft(socket: string): string[] {
  const beginning = `${basename(socket)}.`;
  try {
    return readdirSync(dirname(socket))
      .filter((name) => name.startsWith(beginning) && name.endsWith(ending))
      .map((name) => name.slice(beginning.length, -ending.length))
      .filter((id) => !id.includes('.'));
  } catch {
    return [];
  }
}
