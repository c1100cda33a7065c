/**
 * A number as Go's `strconv.FormatFloat(n, 'g', -1, 64)` spells it, which is how client_golang writes `le` and
 * `quantile`: another spelling would be another series.
 */
export function goFloat(n: number): string {
  if (n === Infinity) return '+Inf';
  if (n === -Infinity) return '-Inf';
  if (Number.isNaN(n)) return 'NaN';
  const [mantissa = '', exponent = ''] = n.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return decimal(n);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** The same as OpenMetrics and Prometheus 3 spell a bound: `1.0`. */
export const canonicalFloat = (n: number): string => goFloat(n).replace(/^-?\d+$/, '$&.0');

const decimal = (n: number): string => (Object.is(n, -0) ? '-0' : String(n));
