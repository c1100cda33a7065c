import { goFloat } from '../store/go-float.js';

/**
 * The condition on the label `le` of a bucket.
 *
 * Why two spellings of a whole number: Prometheus 3 stores "1.0" where Prometheus 2 stores what it was sent, "1".
 */
export const boundCondition = (bound: number): string | { readonly matches: string } =>
  Number.isInteger(bound) ? { matches: `${goFloat(bound)}|${goFloat(bound)}[.]0` } : goFloat(bound);
