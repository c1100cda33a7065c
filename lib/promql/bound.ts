import { canonicalFloat, goFloat } from '../store/go-float.js';

/**
 * The condition on the label `le` of a bucket.
 *
 * Why two spellings of a whole number: Prometheus 3 stores "1.0" where Prometheus 2 stores what it was sent, "1". From a
 * million on both store "1e+06", which would be another pattern than it is a text.
 */
export function boundCondition(bound: number): string | { readonly matches: string } {
  const spelled = goFloat(bound);
  return canonicalFloat(bound) === spelled ? spelled : { matches: `${spelled}|${spelled}[.]0` };
}
