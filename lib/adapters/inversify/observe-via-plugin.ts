import type { AnyClass, InstanceObserver } from '../../recorder/attach.js';

/** The part of inversify 7 and 8 that is used. */
export interface PluginContainer {
  register(plugin: new (container: never, context: never) => object): void;
}

const isPlugin: unique symbol = Symbol.for('@inversifyjs/plugin/isPlugin');

type Activation = (context: unknown, instance: unknown) => unknown;

interface ActivationService {
  get(identifier: unknown): Iterable<Activation> | undefined;
  clone(): ActivationService;
}

interface Binding {
  readonly type: string;
  readonly implementationType?: AnyClass;
}

/** The part of inversify's plugin context that is used. */
interface PluginContext {
  readonly activationService: ActivationService;
  readonly bindingService: {
    getNonParentBoundServices(): Iterable<unknown>;
    getNonParentBindings(identifier: unknown): Iterable<Binding> | undefined;
  };
  readonly planResultCacheService: { clearCache(): void };
}

/**
 * Observes every instance through a plugin, to which the container shows its services. Gives what lists the classes that
 * are bound at that time.
 *
 * Why no import: a plugin's one brand is a registered symbol, and inversify stays optional.
 */
export function observeViaPlugin(container: PluginContainer, onInstance: InstanceObserver): () => AnyClass[] {
  let listClasses = (): AnyClass[] => [];
  container.register(
    class {
      readonly [isPlugin] = true;
      readonly #context: PluginContext;

      constructor(_container: never, context: PluginContext) {
        this.#context = context;
      }

      load(): void {
        const { activationService, planResultCacheService } = this.#context;
        listClasses = () => listBoundClasses(this.#context);
        addActivation(activationService, onInstance);
        // Why cleared: plans that were made before have no such activation.
        planResultCacheService.clearCache();
      }
    },
  );
  return () => listClasses();
}

function listBoundClasses({ bindingService }: PluginContext): AnyClass[] {
  return [...bindingService.getNonParentBoundServices()]
    .flatMap((identifier) => [...(bindingService.getNonParentBindings(identifier) ?? [])])
    .flatMap(({ implementationType }) => implementationType ?? []);
}

/**
 * Adds one activation to those of every service.
 *
 * Why `get` is replaced, rather than an activation added per service: the container asks it for each service that it
 * plans and resolves, also for those bound later, bound again, or bound by autobind or in a child. The copy that
 * `snapshot()` takes must do the same.
 */
function addActivation(service: ActivationService, onInstance: InstanceObserver): ActivationService {
  const { get, clone } = service;
  const activation: Activation = (_context, instance) => {
    onInstance(instance);
    return instance;
  };
  service.get = (identifier) => [...(Reflect.apply(get, service, [identifier]) ?? []), activation];
  service.clone = () => addActivation(Reflect.apply(clone, service, []), onInstance);
  return service;
}
