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
    const escaping = version === '1.0.0' ? escapingParameter(parameters) : '';
    return `${mediaType}; version=${version}; charset=utf-8${escaping}`;
  };
}

/** The parameter of a `Content-Type` that names the escaping scheme; empty unless the client asks for one that there is. */
export function escapingParameter(parameters: ReadonlyMap<string, string>): string {
  const scheme = parameters.get('escaping') ?? '';
  return escapingSchemes.includes(scheme) ? `; escaping=${scheme}` : '';
}
