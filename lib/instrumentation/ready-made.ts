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
 * A ready-made label that says what a call threw: the error's class name, with at most 20 values. It is empty for calls
 * that returned.
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
  error: (error: unknown): string => (error instanceof Error ? error.name : typeof error),
  limit: 20,
});
