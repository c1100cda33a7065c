import { create } from './dom.js';
import { linkTo } from './exemplars.js';
import type { ExemplarReading } from './reading.js';
import { clock, type Spell } from './units.js';

/** The exemplars under a graph, each a link where a template says where it leads. */
export class ExemplarList {
  readonly element = create('ul', { class: 'exemplars' });
  readonly #template: string | undefined;
  #key = '';

  constructor(template: string | undefined) {
    this.#template = template;
  }

  update(exemplars: readonly ExemplarReading[], spell: Spell): void {
    const items = exemplars.map(({ labels, value, timestamp }) => ({
      about: timestamp === undefined ? spell(value) : `${spell(value)} at ${clock(timestamp)}`,
      words: [...labels].map(([name, text]) => `${name}=${text}`).join(' '),
      link: this.#template === undefined ? undefined : linkTo(this.#template, labels),
    }));
    // Why only then: a link that has the focus would lose it.
    const key = JSON.stringify(items);
    if (key === this.#key) return;
    this.#key = key;
    this.element.replaceChildren(...items.map(createItem));
  }
}

interface Item {
  readonly about: string;
  readonly words: string;
  readonly link: string | undefined;
}

function createItem({ about, words, link }: Item): HTMLElement {
  const target = { target: '_blank', rel: 'noreferrer noopener' };
  return create('li', {}, `${about}: `, link === undefined ? words : create('a', { href: link, ...target }, words));
}
