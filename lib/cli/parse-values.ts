/** The longest time that a timer of Node can wait for, in seconds. */
const maxTimeout = 2_147_483;

/** Parses the seconds that modules may take to load. */
export function parseTimeout(given: string): number {
  const seconds = Number(given);
  if (seconds > 0 && seconds <= maxTimeout) return seconds;
  throw new Error(
    `--timeout must be a number of seconds above 0 and up to ${maxTimeout} (given "${given}"). Leave it out for 60.`,
  );
}

/** Parses the headers for an endpoint: `Name: value` each. */
export function parseHeaders(option: string, lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([\w-]+):\s*(.+)$/.exec(line) ?? [];
    // Why without the header itself: it may be a secret.
    if (name === undefined || value === undefined) throw new Error(`--${option}-header must be 'Name: value'.`);
    headers.append(name, value);
  }
  return headers;
}
