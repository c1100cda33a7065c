/** The ready-made label of how a call ended: `success` or `error`. */
export const outcome = Object.freeze({
  result: () => 'success' as const,
  error: () => 'error' as const,
  oneOf: Object.freeze(['success', 'error'] as const),
});

/** The ready-made label of what a call threw: the error's class name, at most 20 of them; empty for calls that returned. */
export const errorName = Object.freeze({
  error: (error: unknown): string => (error instanceof Error ? error.name : typeof error),
  limit: 20,
});
