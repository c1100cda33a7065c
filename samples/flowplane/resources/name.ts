/** Whether a team or a resource may be called so. Why few characters: names are in paths, and become labels. */
export const isName = (given: unknown): given is string =>
  typeof given === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(given);

/** What `isName` wants, for messages. */
export const nameRule = 'up to 63 lower-case letters, digits and "-"';
