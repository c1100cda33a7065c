import type { EscapingScheme } from '../families/escaping.js';
import type { ExpositionFormat } from '../store/exposed-family.js';
import { builtInFormats } from './formats/formats.js';

/** The headers of a request that decide how it is answered. */
export interface AcceptHeaders {
  /** `Accept`. */
  readonly accept?: string | undefined;
  /** `Accept-Encoding`. */
  readonly acceptEncoding?: string | undefined;
}

/** How a scrape is answered. */
export interface NegotiatedFormat {
  /** The format; its `name` is for metrics and logs. */
  readonly format: ExpositionFormat;
  /** The `Content-Type` that says exactly what is sent. */
  readonly contentType: string;
  /** How names are written that not every consumer reads. */
  readonly escaping: EscapingScheme;
  /** How the body is compressed, if it is. */
  readonly encoding: 'gzip' | 'identity';
}

/** One element of `Accept` or `Accept-Encoding`. */
interface Preference {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const noParameters: ReadonlyMap<string, string> = new Map();
const noFormats: readonly ExpositionFormat[] = [];

/** A longer header counts as absent, so that no client can make a scrape expensive. Prometheus 3.5 sends 308 characters. */
const maxHeaderLength = 2048;

/** How many different pairs of headers are remembered for each list of formats. Scrapers send the same ones for ever. */
const maxRemembered = 32;

const remembered = new WeakMap<readonly ExpositionFormat[], Map<string, NegotiatedFormat>>();

/**
 * Chooses the format that the client prefers, of the built-in ones and those that are added. The text format answers a
 * client that accepts none of them. A header of more than 2,048 characters counts as absent. Only needed to know the format before `scrape` is called, for example as a key of a cache.
 *
 * @param added formats beside the built-in ones, as `recorder.formats` has them.
 *
 * @example
 * import { negotiate, PrometheusRecorder, scrape } from 'flowplane-metrics';
 *
 * const recorder = new PrometheusRecorder();
 * const request = { method: 'HEAD', accept: 'application/openmetrics-text', acceptEncoding: 'gzip' };
 * const negotiated = negotiate(request, recorder.formats);
 * console.log(negotiated.format.name, negotiated.encoding); // openmetrics gzip
 * console.log((await scrape(recorder, request, negotiated)).status); // 200
 */
export function negotiate(
  { accept, acceptEncoding }: AcceptHeaders,
  added: readonly ExpositionFormat[] = noFormats,
): NegotiatedFormat {
  const headers = { accept: shortened(accept), acceptEncoding: shortened(acceptEncoding) };
  const results = remembered.get(added) ?? new Map<string, NegotiatedFormat>();
  remembered.set(added, results);
  const key = `${headers.accept}\n${headers.acceptEncoding}`;
  const known = results.get(key);
  if (known !== undefined) return known;
  const result = Object.freeze(choose(headers, added));
  if (results.size >= maxRemembered) results.delete(results.keys().next().value as string);
  results.set(key, result);
  return result;
}

const shortened = (header = ''): string => (header.length > maxHeaderLength ? '' : header);

function choose(
  { accept, acceptEncoding }: Required<AcceptHeaders>,
  added: readonly ExpositionFormat[],
): NegotiatedFormat {
  const encoding = acceptsGzip(acceptEncoding) ? 'gzip' : 'identity';
  const formats = [...builtInFormats, ...added];
  const isKnown = (value: string): boolean => formats.some(({ mediaType }) => covers(value, mediaType));
  const preferences = parsePreferences(accept, isKnown);
  const refused = preferences.filter(({ quality }) => quality === 0);
  for (const { value, parameters } of sortPreferences(preferences)) {
    for (const format of formats.filter(({ mediaType }) => covers(value, mediaType))) {
      const contentType = contentTypeOf(format, parameters);
      if (contentType === undefined || refused.some((one) => refuses(one, value, format, contentType))) continue;
      return { format, contentType, escaping: escapingOf(format, parameters), encoding };
    }
  }
  const [format] = formats as [ExpositionFormat];
  const contentType = contentTypeOf(format, noParameters) ?? format.mediaType;
  return { format, contentType, escaping: escapingOf(format, noParameters), encoding };
}

const contentTypeOf = (format: ExpositionFormat, parameters: ReadonlyMap<string, string>): string | undefined =>
  format.contentType === undefined ? format.mediaType : format.contentType(parameters);

const escapingOf = (format: ExpositionFormat, parameters: ReadonlyMap<string, string>): EscapingScheme =>
  format.escaping?.(parameters) ?? 'underscores';

/** Whether the client takes a compressed body. */
function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const all = parsePreferences(acceptEncoding, (value) => value === 'gzip' || value === '*');
  const gzip = all.find(({ value }) => value === 'gzip') ?? all.find(({ value }) => value === '*');
  return gzip !== undefined && gzip.quality > 0;
}

function covers(range: string, mediaType: string): boolean {
  const [type] = mediaType.split('/');
  return range === mediaType || range === '*/*' || range === `${type}/*`;
}

/** Whether an element with `q=0` refuses what another element accepts by a wider range. Source: RFC 9110, section 12.5.1. */
const refuses = (
  { value, parameters }: Preference,
  range: string,
  format: ExpositionFormat,
  contentType: string,
): boolean =>
  countWildcards(value) < countWildcards(range) &&
  covers(value, format.mediaType) &&
  (countWildcards(value) > 0 || contentTypeOf(format, parameters) === contentType);

const countWildcards = (range: string): number => range.split('*').length - 1;

/** What the client accepts, best first, and equals in the order given. */
const sortPreferences = (preferences: readonly Preference[]): Preference[] =>
  preferences.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);

// Source: RFC 9110, sections 12.4.2 and 12.5.
function parsePreferences(header = '', isKnown: (value: string) => boolean): Preference[] {
  if (header === '') return [];
  return header
    .toLowerCase()
    .split(',')
    .flatMap((element) => {
      const end = element.indexOf(';');
      const value = (end < 0 ? element : element.slice(0, end)).trim();
      // Why first: what is not known needs no parameters.
      if (!isKnown(value)) return [];
      const parameters =
        end < 0
          ? noParameters
          : new Map(
              element
                .slice(end + 1)
                .split(';')
                .map(parseParameter),
            );
      return [{ value, parameters, quality: parseQuality(parameters.get('q')) }];
    });
}

function parseParameter(text: string): [string, string] {
  const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim());
  return [name, value.replace(/^"(.*)"$/, '$1')];
}

function parseQuality(q: string | undefined): number {
  if (q === undefined) return 1;
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(q) ? Number(q) : 0;
}
