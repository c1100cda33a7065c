import { processState } from '../process-state.js';
import { adviseAll } from '../recorder/attach.js';

/** Reads the name of the class that an instance, or a class with a static method, is of. */
export function className(this: unknown): string | undefined {
  if (typeof this === 'function') return classLabel(this.name);
  return typeof this === 'object' ? classLabel(this?.constructor?.name) : undefined;
}

/** A class's name as a label value. Advises, once per name, where it looks minified: it would be another at each build. */
export function classLabel(name: string | undefined): string | undefined {
  if (name !== undefined && name.length <= 2) adviseMinified(name);
  return name;
}

const { minified: advised } = processState;

function adviseMinified(name: string): void {
  if (advised.has(name)) return;
  advised.add(name);
  adviseAll({
    code: 'minified_class',
    message:
      `label "class": the class name looks minified (given "${name}"), so it may differ in the next build. ` +
      'Keep names when bundling (esbuild: --keep-names), or write @Instrumented({ name }) or @Timed with labels of your own.',
  });
}
