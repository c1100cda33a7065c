import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';

/** The part of an inversify `Container` that is used, by shape: 7 and 8 have it. */
export interface MetricsContainer {
  isBound(identifier: typeof MetricsRecorder): boolean;
  get(identifier: typeof MetricsRecorder): MetricsRecorder;
  bind(identifier: typeof MetricsRecorder): { toConstantValue(value: MetricsRecorder): unknown };
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

/** What a plugin may do with its container. */
export interface ActivationPlugin {
  /** The prototypes of the classes that are bound so far. */
  boundPrototypes(): object[];
  /** Calls this with every instance that the container hands out from now on, the last of its activations. */
  onEveryActivation(hear: (instance: unknown) => void): void;
}

/** A plugin for `container.register`. Why no import: its one brand is a registered symbol, and inversify stays optional. */
export function activationPlugin(
  load: (plugin: ActivationPlugin) => void,
): new (
  container: never,
  context: never,
) => object {
  return class {
    readonly [isPlugin] = true;
    readonly #context: PluginContext;

    constructor(_container: never, context: PluginContext) {
      this.#context = context;
    }

    load(): void {
      load({
        boundPrototypes: () => boundPrototypes(this.#context),
        onEveryActivation: (hear) => {
          hearEvery(this.#context.activationService, hear);
          // Plans made before now have left activations out.
          this.#context.planResultCacheService.clearCache();
        },
      });
    }
  };
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
function hearEvery(service: ActivationService, hear: (instance: unknown) => void): ActivationService {
  const { get, clone } = service;
  const activation: Activation = (_context, instance) => {
    hear(instance);
    return instance;
  };
  service.get = (identifier) => [...(Reflect.apply(get, service, [identifier]) ?? []), activation];
  service.clone = () => hearEvery(Reflect.apply(clone, service, []), hear);
  return service;
}
