/**
 * Adds up numbers with what rounding takes away, so that the order makes no difference: a sum of several processes must not
 * fall by its last bit where one of them ends, because Prometheus would take that for a restart.
 *
 * Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974.
 */
export class ExactSum {
  /** The rounded sum of what was added. */
  rounded = 0;
  /** What rounding has taken away, together. */
  lost = 0;

  /** Begins with what another sum has had. */
  begin(rounded: number, lost: number): void {
    this.rounded = rounded;
    this.lost = lost;
  }

  add(number: number): void {
    const before = this.rounded;
    const sum = before + number;
    this.rounded = sum;
    this.lost += Math.abs(before) >= Math.abs(number) ? before - sum + number : number - sum + before;
  }

  /** The sum of everything. */
  get total(): number {
    // Why compared: an infinite number loses NaN.
    return Number.isFinite(this.lost) ? this.rounded + this.lost : this.rounded;
  }
}
