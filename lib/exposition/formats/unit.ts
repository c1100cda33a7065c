import type { ExposedFamily } from '../../store/exposed-family.js';

const total = '_total';

/** The name of a family without the `_total` that its samples have, if it is a counter. */
export const nameWithoutTotal = ({ name, type }: Pick<ExposedFamily, 'name' | 'type'>): string =>
  type === 'counter' && name.endsWith(total) ? name.slice(0, -total.length) : name;

/** The unit of a family, if its name ends in it: consumers refuse any other. */
export function unitInName(family: ExposedFamily): string | undefined {
  const { unit } = family;
  return unit !== undefined && nameWithoutTotal(family).endsWith(`_${unit}`) ? unit : undefined;
}
