import { instrumentsOfClass } from '../../families/declared-instruments.js';
import { type AnyClass, attachRecorder, instanceObserver, openFamilies } from '../../recorder/attach.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import type { InstanceWrapper, ModulesContainer } from './nest-shapes.js';

/**
 * Makes every class of the application report to this recorder, by its prototype.
 *
 * Why by the prototype: nothing in Nest shows the instances that it creates for a request, and this holds in constructors too.
 *
 * @throws MetricsError where two classes declare clashing families.
 */
export function attachClasses(modules: ModulesContainer, recorder: MetricsRecorder): void {
  for (const wrapper of listWrappers(modules)) {
    const found = classOf(wrapper);
    if (found === undefined || instrumentsOfClass(found.prototype).length === 0) continue;
    attachRecorder(found.prototype, recorder);
    openFamilies(recorder, [found]);
  }
}

/**
 * Makes every instance that exists report to this recorder.
 *
 * Why, beside the classes: of two applications in one process each has the numbers of its own instances.
 */
export function attachInstances(modules: ModulesContainer, recorder: MetricsRecorder): void {
  const onInstance = instanceObserver(recorder, 'Nest');
  for (const { instance } of listWrappers(modules)) onInstance(instance);
}

function listWrappers(modules: ModulesContainer): InstanceWrapper[] {
  return [...modules.values()].flatMap(({ providers, controllers, injectables, middlewares }) =>
    [providers, controllers, injectables, middlewares].flatMap((wrappers) => [...(wrappers?.values() ?? [])]),
  );
}

/** The class of a provider; `undefined` where it is a value or comes from a factory, whose function is no class. */
function classOf({ metatype, inject }: InstanceWrapper): AnyClass | undefined {
  if (typeof metatype !== 'function' || Array.isArray(inject)) return undefined;
  return typeof metatype.prototype === 'object' ? (metatype as AnyClass) : undefined;
}
