import { create, setText } from './dom.js';
import { formatCount } from './units.js';

/** A row of the table: a line of the graph, or a bucket of a heat map. */
export interface Cell {
  readonly title: string;
  /** The colour of its line, if it has one. */
  readonly colour?: number;
  readonly isHidden?: boolean;
  readonly value: string;
  readonly least: string;
  readonly most: string;
}

interface TableRow {
  readonly element: HTMLElement;
  readonly button: HTMLElement | undefined;
  readonly values: readonly HTMLElement[];
}

/** The numbers of a graph as a table: its legend, and what a screen reader reads in its place. */
export class ValueTable {
  readonly element: HTMLElement;
  readonly #time = create('th', { scope: 'col' });
  readonly #body = create('tbody');
  readonly #more = create('p', { class: 'more' });
  readonly #onToggle: (title: string) => void;
  #titles = '';
  #rows: TableRow[] = [];

  constructor(name: string, onToggle: (title: string) => void) {
    this.#onToggle = onToggle;
    const head = create('tr', {}, columnHead('Series'), this.#time, columnHead('Least'), columnHead('Most'));
    const table = create('table', { class: 'values', 'aria-label': name }, create('thead', {}, head), this.#body);
    this.element = create('div', { class: 'legend' }, table, this.#more);
  }

  /** @param time the heading of the first column of numbers. */
  update(time: string, cells: readonly Cell[], more: number): void {
    setText(this.#time, time);
    // Why only then: a button that has the focus would lose it.
    const titles = JSON.stringify(cells.map(({ title, colour }) => [title, colour]));
    if (titles !== this.#titles) this.#replaceRows(cells);
    this.#titles = titles;
    for (const [i, cell] of cells.entries()) updateRow(this.#rows[i], cell);
    setText(this.#more, more > 0 ? `and ${formatCount(more)} more: choose a value of a label, or all together` : '');
  }

  #replaceRows(cells: readonly Cell[]): void {
    this.#rows = cells.map((cell) => this.#createRow(cell));
    this.#body.replaceChildren(...this.#rows.map(({ element }) => element));
  }

  #createRow({ title, colour }: Cell): TableRow {
    const values = [create('td'), create('td'), create('td')];
    if (colour === undefined) {
      return { element: create('tr', {}, create('th', { scope: 'row' }, title), ...values), button: undefined, values };
    }
    const swatch = create('span', { class: `swatch c${colour}`, 'aria-hidden': 'true' });
    const button = create('button', { type: 'button', class: 'series' }, swatch, title);
    button.addEventListener('click', () => this.#onToggle(title));
    return { element: create('tr', {}, create('th', { scope: 'row' }, button), ...values), button, values };
  }
}

const columnHead = (text: string): HTMLElement => create('th', { scope: 'col' }, text);

function updateRow(row: TableRow | undefined, { value, least, most, isHidden }: Cell): void {
  row?.button?.setAttribute('aria-pressed', String(isHidden !== true));
  for (const [i, text] of [value, least, most].entries()) {
    const cell = row?.values[i];
    if (cell !== undefined) setText(cell, text);
  }
}
