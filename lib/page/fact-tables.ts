import { create } from './dom.js';
import type { FactsSummary } from './facts.js';
import { formatCount } from './units.js';

type Cell = string | HTMLElement;

/** A table of the page that the server has filled, and that is brought up to date here. It is hidden while it is empty. */
class FactTable {
  readonly #section: HTMLElement | null;
  #key = '';

  constructor(id: string) {
    this.#section = document.querySelector(`#${id}`);
  }

  /** @param createRows makes the cells of the rows of these facts. */
  update<T>(facts: readonly T[], createCells: (fact: T) => readonly Cell[]): void {
    const key = JSON.stringify(facts);
    if (key === this.#key || this.#section === null) return;
    this.#key = key;
    this.#section.hidden = facts.length === 0;
    const rows = facts.map((fact) => create('tr', {}, ...createCells(fact).map((cell) => create('td', {}, cell))));
    this.#section.querySelector('tbody')?.replaceChildren(...rows);
  }
}

/** The tables of what is silent, and of the labels with the most values. */
export class FactTables {
  readonly #silent = new FactTable('silent');
  readonly #widest = new FactTable('widest');

  update({ silent, widest }: FactsSummary): void {
    this.#silent.update(silent, ({ name, why, sites }) => [createCode(name), why, createLines(sites)]);
    this.#widest.update(widest, ({ family, label, values, limit }) => [
      createCode(family),
      createCode(label),
      formatCount(values),
      limit === undefined ? '' : formatCount(limit),
    ]);
  }
}

const createCode = (text: string): HTMLElement => create('code', {}, text);

const createLines = (texts: readonly string[]): HTMLElement =>
  create('span', {}, ...texts.flatMap((text, i) => (i === 0 ? [createCode(text)] : [create('br'), createCode(text)])));
