/** Shorter words of a header are no secret, and would be found in other words. */
const minLength = 4;

/** Names of schemes, which stand before the secret. */
const schemes: ReadonlySet<string> = new Set(['basic', 'bearer', 'digest', 'negotiate', 'token', 'apikey']);

/** Where a request may have secrets. */
export interface SecretPlaces {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Replaces what the headers and the query of a request have in a text by `***`: each value, and each word of a header.
 *
 * Why: a receiver may repeat in its answer what it was sent, and the answer becomes part of an error.
 */
export function maskSecrets(text: string, places: SecretPlaces): string {
  return listSecrets(places).reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}

function listSecrets({ url, headers }: SecretPlaces): string[] {
  const words = Object.values(headers)
    .flatMap((value) => [value, ...value.split(/[\s,;]+/), ...decodeBasic(value)])
    .concat([...url.searchParams.values()])
    .filter((word) => word.length >= minLength && !schemes.has(word.toLowerCase()));
  // Why the longest first: a shorter one may be a part of it.
  return [...new Set(words.flatMap(spellings))].sort((a, b) => b.length - a.length);
}

/** How a text may be written in an answer. */
const spellings = (text: string): string[] => [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];

/** The user and the password of basic authentication. */
function decodeBasic(value: string): string[] {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(value.trim()) ?? [];
  if (encoded === undefined) return [];
  const login = Buffer.from(encoded, 'base64').toString();
  return [login, login.slice(login.indexOf(':') + 1)];
}
