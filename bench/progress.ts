const start = performance.now();

/** Says on a terminal what is being measured, once it takes long. The next progress, or the next line, replaces it. */
export function showProgress(what: string): void {
  if (process.stderr.isTTY && performance.now() - start > 2000) process.stderr.write(`\r\x1b[K${what}`);
}

/** Makes room for a line of the output, which may go to the same terminal. */
export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
