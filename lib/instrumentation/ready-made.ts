import { types } from 'node:util';

/**
 * A ready-made label that says how a call ended: `success` or `error`.
 *
 * @example
 * import { attachRecorder, Counter, outcome, PrometheusRecorder } from 'flowplane-metrics';
 *
 * class PaymentService {@Counter({ name: 'payments_total', help: 'Payments', labels: { outcome } })
 *   pay(amount: number): string {
 *     return `paid ${amount}`;
 *   }
 * }
 * attachRecorder(new PaymentService(), new PrometheusRecorder()).pay(7);
 */
export const outcome = Object.freeze({
  result: () => 'success' as const,
  error: () => 'error' as const,
  oneOf: Object.freeze(['success', 'error'] as const),
});

/**
 * A ready-made label that says what a call threw: the `name` of the error, with at most 20 values. It is empty for calls
 * that returned. A class of errors that sets no name of its own has that of the class that it extends.
 *
 * @example
 * import { attachRecorder, Counter, errorName, PrometheusRecorder } from 'flowplane-metrics';
 *
 * class PaymentService {@Counter({ name: 'payments_total', help: 'Payments', labels: { error: errorName } })
 *   async pay(amount: number): Promise<void> {
 *     if (amount < 0) throw new RangeError('a negative amount');
 *   }
 * }
 * await attachRecorder(new PaymentService(), new PrometheusRecorder()).pay(-7).catch(() => undefined);
 */
export const errorName = Object.freeze({
  error: (error: unknown): string => (isError(error) ? error.name : typeof error),
  limit: 20,
});

// Why both: an error of another realm, such as Node's own under Jest, is no instance of this realm's Error, and a DOMException
// is no native error.
const isError = (value: unknown): value is Error => types.isNativeError(value) || value instanceof Error;
