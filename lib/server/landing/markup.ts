/** A piece of HTML, in which every value from elsewhere is escaped. Only `markup` makes one. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | readonly (Markup | string)[];

/** Writes HTML. A text that stands in it is escaped, whatever it is; a piece of HTML is not, and of a list each part. */
export const markup = (parts: TemplateStringsArray, ...values: readonly Value[]): Markup =>
  new Markup(parts.reduce((text, part, i) => text + toHtml(values[i - 1] ?? '') + part));

function toHtml(value: Value): string {
  if (value instanceof Markup) return value.text;
  return Array.isArray(value) ? value.map(toHtml).join('') : escapeHtml(String(value));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (found) => entities[found] ?? '');

/** A name, in the font of code. */
export const renderCode = (text: string): Markup => markup`<code>${text}</code>`;

/**
 * An element that loads a script.
 *
 * Why not by `markup`: bundlers rewrite a tagged template in which a script ends, with a helper from a package of theirs.
 */
export const renderScript = (path: string): Markup => new Markup(`<script src="${escapeHtml(path)}" defer></script>`);

/** A section with a table. One without rows is hidden: the script of the page may have some later. */
export function renderTable(
  id: string,
  title: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Markup {
  const head = columns.map((column) => markup`<th scope="col">${column}</th>`);
  const body = rows.map((cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>\n`);
  return markup`<section id="${id}"${rows.length === 0 ? ' hidden' : ''}>
<h2>${title}</h2>
<table>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table>
</section>
`;
}
