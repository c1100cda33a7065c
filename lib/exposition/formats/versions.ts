// Source: Prometheus, "Content negotiation". All schemes write a legal name as it is, and our names are all legal.
const escapingSchemes = ['allow-utf-8', 'underscores', 'dots', 'values'];

/**
 * Gives the `Content-Type` of a text format that has versions: the version that the client asks for if there is that one,
 * the first one if it asks for none; with the escaping scheme if it asks for one that there is.
 */
export function versionedContentType(mediaType: string, versions: readonly string[]) {
  return (parameters: ReadonlyMap<string, string>): string | undefined => {
    const version = parameters.get('version') ?? versions[0];
    if (version === undefined || !versions.includes(version)) return undefined;
    const scheme = parameters.get('escaping') ?? '';
    const escaping = version === '1.0.0' && escapingSchemes.includes(scheme) ? `; escaping=${scheme}` : '';
    return `${mediaType}; version=${version}; charset=utf-8${escaping}`;
  };
}
