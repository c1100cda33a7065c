/** Joins what must stand beside each other and not be read as one. It has no width. */
const joiner = '\u2060';

/**
 * A text of somebody else as the title of a panel or a row: on one line, as it is written.
 *
 * Why with a joiner: Grafana puts the value of a variable in the place of `$name`, `${name}` and `[[name]]`, and knows no escape.
 */
export const toTitle = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\$(?=[\w{])/g, `$${joiner}`)
    .replace(/\[(?=\[)/g, `[${joiner}`);

/** Escapes a text for a description, which Grafana reads as Markdown. */
export const toDescription = (text: string): string => toTitle(text).replace(/[\\`*[\]<>~|]/g, '\\$&');
