import type { Hear } from './on-instance.js';

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
  readonly implementationType?: { readonly prototype: object };
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
 * Hears of every instance through a plugin, which the container shows its services to. Gives who tells the
 * prototypes of the classes that are bound by then.
 *
 * Why no import: a plugin's one brand is a registered symbol, and inversify stays optional.
 */
export function hearByPlugin(container: PluginContainer, hear: Hear): () => object[] {
  let prototypes = (): object[] => [];
  container.register(
    class {
      readonly [isPlugin] = true;
      readonly #context: PluginContext;

      constructor(_container: never, context: PluginContext) {
        this.#context = context;
      }

      load(): void {
        const { activationService, planResultCacheService } = this.#context;
        prototypes = () => boundPrototypes(this.#context);
        hearEvery(activationService, hear);
        // Plans made before now have left activations out.
        planResultCacheService.clearCache();
      }
    },
  );
  return () => prototypes();
}

function boundPrototypes({ bindingService }: PluginContext): object[] {
  return [...bindingService.getNonParentBoundServices()]
    .flatMap((identifier) => [...(bindingService.getNonParentBindings(identifier) ?? [])])
    .flatMap(({ implementationType }) => (implementationType === undefined ? [] : [implementationType.prototype]));
}

/**
 * Adds one activation to those of every service.
 *
 * Why `get` is replaced, rather than an activation added per service: the container asks it for each service that it
 * plans and resolves, also for those bound later, bound again, or bound by autobind or in a child. The copy that
 * `snapshot()` takes must do the same.
 */
function hearEvery(service: ActivationService, hear: Hear): ActivationService {
  const { get, clone } = service;
  const activation: Activation = (_context, instance) => {
    hear(instance);
    return instance;
  };
  service.get = (identifier) => [...(Reflect.apply(get, service, [identifier]) ?? []), activation];
  service.clone = () => hearEvery(Reflect.apply(clone, service, []), hear);
  return service;
}
