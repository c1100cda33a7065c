import { contentType, type Format } from './formats/format.js';
import { openMetricsFormat } from './formats/open-metrics-format.js';
import { textFormat } from './formats/text-format.js';

// The first one answers what asks for anything.
const formats: readonly Format[] = [textFormat, openMetricsFormat];

/** One element of `Accept` or `Accept-Encoding`. */
interface Preference {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** The format that the client likes best, and the `Content-Type` that says exactly what is sent. */
export function negotiated(accept: string | undefined): { format: Format; contentType: string } {
  for (const preference of preferences(accept)) {
    const format = formats.find(({ mediaType }) => covers(preference.value, mediaType));
    const version = format && versionOf(format, preference);
    if (format !== undefined && version !== undefined) {
      return { format, contentType: contentType(format, version) + escaping(version, preference) };
    }
  }
  return { format: textFormat, contentType: contentType(textFormat, textFormat.versions[0] as string) };
}

// Source: Prometheus, "Content negotiation". All schemes write a legal name as it is, and ours are all legal.
const schemes = ['allow-utf-8', 'underscores', 'dots', 'values'];

/** Says by which scheme names are escaped, where the client has asked for one that there is. */
function escaping(version: string, { parameters }: Preference): string {
  const scheme = parameters.get('escaping') ?? '';
  return version === '1.0.0' && schemes.includes(scheme) ? `; escaping=${scheme}` : '';
}

/** Whether the client takes a compressed body. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const all = parsed(acceptEncoding);
  const gzip = all.find(({ value }) => value === 'gzip') ?? all.find(({ value }) => value === '*');
  return gzip !== undefined && gzip.quality > 0;
}

function versionOf({ versions }: Format, { parameters }: Preference): string | undefined {
  const asked = parameters.get('version') ?? versions[0];
  return versions.find((version) => version === asked);
}

function covers(range: string, mediaType: string): boolean {
  const [type] = mediaType.split('/');
  return range === mediaType || range === '*/*' || range === `${type}/*`;
}

/** What is acceptable at all, best first; equals in the order given. */
function preferences(header: string | undefined): Preference[] {
  return parsed(header)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

// Source: RFC 9110, sections 12.4.2 and 12.5.
function parsed(header: string | undefined): Preference[] {
  return (header ?? '')
    .toLowerCase()
    .split(',')
    .map((element) => {
      const [value = '', ...rest] = element.split(';').map((part) => part.trim());
      const parameters = new Map(rest.map(parameter));
      return { value, parameters, quality: quality(parameters.get('q')) };
    });
}

function parameter(text: string): [string, string] {
  const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim());
  return [name, value.replace(/^"(.*)"$/, '$1')];
}

function quality(q: string | undefined): number {
  if (q === undefined) return 1;
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(q) ? Number(q) : 0;
}
