/** Whether this is a valid name of a team or resource. Why few characters: names appear in paths and labels. */
export const isName = (given: unknown): given is string =>
  typeof given === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(given);

/** The rule of `isName`, for error messages. */
export const nameRule = 'up to 63 lower-case letters, digits and "-"';
