import { type AnyClass, type InstanceObserver, resolveWith } from '../../recorder/attach.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';

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

/** The part of inversify's plugin interface that is used. */
interface PluginApi {
  define(name: string, method: (...args: unknown[]) => unknown): void;
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
export function observeViaPlugin(
  container: PluginContainer,
  recorder: MetricsRecorder,
  onInstance: InstanceObserver,
): () => AnyClass[] {
  let listClasses = (): AnyClass[] => [];
  container.register(
    class {
      readonly [isPlugin] = true;
      readonly #context: PluginContext;

      constructor(_container: never, context: PluginContext) {
        this.#context = context;
      }

      load(api: PluginApi): void {
        const { activationService, planResultCacheService } = this.#context;
        listClasses = () => listBoundClasses(this.#context);
        addActivation(activationService, onInstance);
        for (const name of ['get', 'getAll', 'getAsync', 'getAllAsync']) resolveThrough(container, recorder, name, api);
        // Why cleared: plans that were made before have no such activation.
        planResultCacheService.clearCache();
      }
    },
  );
  return () => listClasses();
}

/**
 * Lets what a class does in its constructor and in `@postConstruct` report to the recorder: the container runs both before
 * it activates the instance, and has no event before them.
 */
function resolveThrough(
  container: PluginContainer,
  recorder: MetricsRecorder,
  name: string,
  { define }: PluginApi,
): void {
  const resolve: unknown = Reflect.get(container, name);
  // Why not where the container has its own: another plugin has defined that one, and a second one is refused.
  if (typeof resolve !== 'function' || Object.hasOwn(container, name)) return;
  define(name, (...args) => resolveWith(recorder, () => Reflect.apply(resolve, container, args)));
  Reflect.defineProperty(container, name, { enumerable: false });
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
