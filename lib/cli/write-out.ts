import { writeFile } from 'node:fs/promises';
import type { Output } from './command.js';

/**
 * Writes what a command has made, where its option `--out` says, or else as its output.
 *
 * @throws Error where the file cannot be written.
 */
export async function writeOut(file: string | undefined, text: string, output: Output): Promise<void> {
  if (file === undefined) return output.out(text);
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new Error(
      `--out: ${file} cannot be written (given ${(error as NodeJS.ErrnoException).code}). Create its folder, correct the path, or leave it out.`,
    );
  }
}
