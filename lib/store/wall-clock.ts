/** After so many equal readings in a row, those that follow in the same turn are not taken any more. */
const enoughEqual = 4;

// Why kept: a test may put fake timers in their place, which would keep a reading.
const runAfterTurn = queueMicrotask;

/**
 * Tells the time in seconds since the epoch, for series that are created.
 *
 * Why readings are shared: one takes 50 ns, a tenth of what it takes to create a series. A series now and then costs that;
 * where many are created in one turn, nearly all have the time of a reading that was taken for an earlier one.
 */
export class WallClock {
  #milliseconds = Number.NaN;
  #equal = 0;
  #isShared = false;
  readonly #endSharing = (): void => {
    this.#isShared = false;
    this.#equal = 0;
  };

  /** Why a field: it is handed over as a function. */
  readonly now = (): number => {
    if (!this.#isShared) this.#read();
    return this.#milliseconds / 1000;
  };

  #read(): void {
    const milliseconds = Date.now();
    if (milliseconds !== this.#milliseconds) {
      this.#milliseconds = milliseconds;
      this.#equal = 0;
    } else if (++this.#equal >= enoughEqual) {
      // Why in this order: the stack may be exhausted, and a reading that is never taken again would be wrong for ever.
      runAfterTurn(this.#endSharing);
      this.#isShared = true;
    }
  }
}
