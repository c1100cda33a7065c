import type { ExposedFamily, Scrapable } from './exposed-family.js';
import { withLabels } from './with-labels.js';

/** Adds families to those of a scrapable, with its constant labels. A family whose name is taken is left out. */
export function mergeFamilies(scrapable: Scrapable, more: () => Promise<readonly ExposedFamily[]>): Scrapable {
  const labels = () => scrapable.constantLabels?.() ?? [];
  return {
    constantLabels: labels,
    formats: scrapable.formats,
    get nameValidation() {
      return scrapable.nameValidation;
    },
    exposedFamilies: async (limits) => {
      const others = await scrapable.exposedFamilies(limits);
      const taken = new Set(others.map(({ name }) => name));
      const added = (await more()).filter(({ name }) => !taken.has(name));
      return [...others, ...added.map((family) => withLabels(family, labels()))];
    },
  };
}
