/** The operators that compare, each with the one that says the same with the sides exchanged. */
export const comparisons: Readonly<Record<string, string>> = {
  '>': '<',
  '>=': '<=',
  '<': '>',
  '<=': '>=',
  '==': '==',
  '!=': '!=',
};

/** Whether an operator compares. */
export const isComparison = (operator: string): boolean => Object.hasOwn(comparisons, operator);
