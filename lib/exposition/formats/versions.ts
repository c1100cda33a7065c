import { type EscapingScheme, escapingSchemes } from '../../families/escaping.js';
import type { ExpositionFormat } from '../../store/exposed-family.js';

type Parameters = ReadonlyMap<string, string>;

/** How a format negotiates what it is called exactly, and how names are escaped. */
type Negotiation = Required<Pick<ExpositionFormat, 'contentType' | 'escaping'>>;

/**
 * Negotiates a text format that has versions: the one that the client asks for if there is that one, the first one if it
 * asks for none. From version 1.0.0 on, the client may say how names are escaped.
 */
export function negotiateVersion(mediaType: string, versions: readonly string[]): Negotiation {
  const versionOf = (parameters: Parameters): string | undefined => parameters.get('version') ?? versions[0];
  const schemeOf = (parameters: Parameters): EscapingScheme | undefined =>
    versionOf(parameters) === '1.0.0' ? askedScheme(parameters) : undefined;
  return {
    contentType(parameters) {
      const version = versionOf(parameters);
      if (version === undefined || !versions.includes(version)) return undefined;
      return `${mediaType}; version=${version}; charset=utf-8${spellScheme(schemeOf(parameters))}`;
    },
    escaping: (parameters) => schemeOf(parameters) ?? defaultScheme,
  };
}

const defaultScheme: EscapingScheme = 'underscores';

/** The escaping scheme that the client asks for, if there is that one. Source: Prometheus, "Content negotiation". */
const askedScheme = (parameters: Parameters): EscapingScheme | undefined =>
  escapingSchemes.find((scheme) => scheme === parameters.get('escaping'));

/** The parameter of a `Content-Type` that names the scheme that was asked for. */
const spellScheme = (scheme: EscapingScheme | undefined): string =>
  scheme === undefined ? '' : `; escaping=${scheme}`;

/** Negotiates a format whose elements of `Accept` must have these parameters, in lower case. */
export const negotiateParameters = (mediaType: string, required: Readonly<Record<string, string>>): Negotiation => ({
  contentType(parameters) {
    const isMet = Object.entries(required).every(([name, value]) => parameters.get(name) === value.toLowerCase());
    if (!isMet) return undefined;
    const spelled = Object.entries(required).map(([name, value]) => `; ${name}=${value}`);
    return `${mediaType}${spelled.join('')}${spellScheme(askedScheme(parameters))}`;
  },
  escaping: (parameters) => askedScheme(parameters) ?? defaultScheme,
});
