import { isLabelName, isMetricName } from '../families/naming.js';

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

/** Whether this is meant as the URL of a server, and not as a file. */
export const isUrl = (given: string): boolean => /^https?:/.test(given);

/**
 * Parses the URL of a server.
 *
 * @param instead what to do with a user and a password, which a request takes as headers only.
 */
export function parseUrl(
  option: string,
  given: string,
  instead = `Pass them as --${option}-header 'Authorization: Basic …'`,
): string {
  if (!isUrl(given) || !URL.canParse(given)) {
    // Why without what may be a password: a URL without its scheme may have one too.
    throw new Error(
      `--${option} must be a URL with http:// or https:// (given "${given.replace(/^(https?:\/\/)?.*@/, '$1…@')}"). Write for example http://127.0.0.1:9090.`,
    );
  }
  const { username, password } = new URL(given);
  if (username === '' && password === '') return given;
  throw new Error(`--${option} must be a URL without a user and a password. ${instead}.`);
}

/** The names and values of headers, as `new Headers()` takes them. Why not that: to load it takes Node a while. */
export type HeaderList = [name: string, value: string][];

/** Parses the headers for an endpoint: `Name: value` each. */
export function parseHeaders(option: string, lines: readonly string[]): HeaderList {
  return lines.map((line) => {
    const [, name, value] = /^([\w-]+):\s*(.+)$/.exec(line) ?? [];
    // Why without the header itself: it may be a secret.
    if (name === undefined || value === undefined) {
      throw new Error(`--${option}-header must be 'Name: value'. Write for example 'Authorization: Bearer …'.`);
    }
    return [name, value];
  });
}

/** Parses the prefix of a recorder; the empty text is none. */
export function parsePrefix(given: string): string {
  if (given === '' || isMetricName(given)) return given;
  throw new Error(
    `--prefix must begin a metric name, of letters, digits, underscores and colons (given "${given}"). Write that of the recorder, for example billing_, or leave it out for none.`,
  );
}

/** Parses the name of a label that Prometheus adds. */
export function parseLabelName(option: string, given: string): string {
  if (isLabelName(given)) return given;
  throw new Error(
    `--${option} must be the name of a label, of letters, digits and underscores (given "${given}"). Write for example rack.`,
  );
}
