import { create, setText } from './dom.js';
import { formatCount } from './units.js';

/** Says how many observations the colours of a heat map stand for. */
export class HeatScale {
  readonly #words = [create('span'), create('span'), create('span')] as const;
  readonly element = create(
    'div',
    { class: 'scale', hidden: '' },
    create('span', {}, 'Observations in 10 s'),
    create('span', { class: 'bar', 'aria-hidden': 'true' }),
    create('span', { class: 'marks' }, ...this.#words),
  );

  /** @param most the count that the strongest colour stands for; `undefined` without a heat map. */
  update(most: number | undefined): void {
    this.element.hidden = most === undefined;
    // Why a quarter: a colour is as strong as the root of what it stands for.
    for (const [i, part] of [0, 0.25, 1].entries()) {
      const word = this.#words[i];
      if (word !== undefined) setText(word, formatCount(part * (most ?? 0)));
    }
  }
}
