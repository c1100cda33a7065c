/** Rows of numbers by the index of a series, in as little memory as a typed array. Most series have none. */
export class NumberRows {
  readonly #width: number;
  #rows = new Float64Array(0);
  #isThere = new Uint8Array(0);

  /** @param width how many numbers a row has. */
  constructor(width: number) {
    this.#width = width;
  }

  has(index: number): boolean {
    return this.#isThere[index] === 1;
  }

  /** Adds a row of zeros, unless there is one. */
  add(index: number): void {
    if (index >= this.#isThere.length) this.#grow(index + 1);
    this.#isThere[index] = 1;
  }

  get(index: number, at: number): number {
    return this.#rows[index * this.#width + at] as number;
  }

  set(index: number, at: number, number: number): void {
    this.#rows[index * this.#width + at] = number;
  }

  delete(index: number): void {
    if (!this.has(index)) return;
    this.#isThere[index] = 0;
    this.#rows.fill(0, index * this.#width, (index + 1) * this.#width);
  }

  #grow(least: number): void {
    const capacity = Math.max(least, this.#isThere.length * 2, 16);
    const isThere = new Uint8Array(capacity);
    const rows = new Float64Array(capacity * this.#width);
    isThere.set(this.#isThere);
    rows.set(this.#rows);
    this.#isThere = isThere;
    this.#rows = rows;
  }
}
