import { isThenable } from '../../async/thenable.js';
import { type InstanceObserver, resolveWith } from '../../recorder/attach.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';

interface Container {
  readonly parent?: Container | null;
}

type Activation = (context: { readonly container: Container }, instance: unknown) => unknown;

interface Binding {
  onActivation?: Activation | null;
}

interface Request {
  readonly bindings: readonly Binding[];
  readonly childRequests: readonly Request[];
}

interface Context {
  readonly plan: { readonly rootRequest: Request };
}

interface ResolveArguments {
  readonly contextInterceptor: (context: Context) => Context;
}

// biome-ignore lint/suspicious/noExplicitAny: inversify's own type has more arguments, and must be assignable to this one.
type Resolve = (args: any) => unknown;

/** The public part of inversify 6 that is used. */
export interface MiddlewareContainer {
  applyMiddleware(middleware: (next: Resolve) => Resolve): void;
}

/** What inversify 6 keeps to itself: `get` asks for a resolver each time, unless there is a middleware. */
interface Resolving {
  _planAndResolve?: () => Resolve;
  readonly _middleware?: Resolve | null;
}

const observers = new WeakMap<object, InstanceObserver>();
/** The containers whose resolver is wrapped, which no snapshot undoes. */
const wrapped = new WeakSet<object>();
const recorders = new WeakMap<object, MetricsRecorder>();
const ownActivations = new WeakSet<Activation>();

/**
 * Observes every instance of an inversify 6 container: the plan of each resolution is shown before it is carried out, and
 * every binding in it is given an activation.
 *
 * Why the resolver is wrapped, and no middleware is applied: a container with a middleware refuses `undefined` and `null`,
 * also where those are what is bound, or what `tryGet` should give. Where the user has applied one, another changes nothing.
 */
export function observeViaMiddleware(
  container: MiddlewareContainer,
  recorder: MetricsRecorder,
  onInstance: InstanceObserver,
): void {
  observers.set(container, onInstance);
  recorders.set(container, recorder);
  if (wrapped.has(container)) return;
  const { _planAndResolve: createResolver, _middleware } = container as Resolving;
  if (typeof createResolver !== 'function' || _middleware) {
    container.applyMiddleware(showPlan(container));
    return;
  }
  wrapped.add(container);
  const value = (): Resolve => showPlan(container)(Reflect.apply(createResolver, container, []));
  Object.defineProperty(container, '_planAndResolve', { value, configurable: true, writable: true });
}

const showPlan =
  (container: object) =>
  (next: Resolve): Resolve =>
  (args: ResolveArguments) => {
    const contextInterceptor = (context: Context): Context => {
      activateRequest(context.plan.rootRequest);
      return args.contextInterceptor(context);
    };
    return resolveWith(recorders.get(container), () => next({ ...args, contextInterceptor }));
  };

function activateRequest({ bindings, childRequests }: Request): void {
  for (const binding of bindings) activateBinding(binding);
  for (const request of childRequests) activateRequest(request);
}

// Why the function is remembered rather than the binding: a snapshot copies bindings, with their activations.
function activateBinding(binding: Binding): void {
  const existing = binding.onActivation;
  if (existing && ownActivations.has(existing)) return;
  const activation: Activation = (context, instance) => {
    const activated = existing ? existing(context, instance) : instance;
    const onInstance = observerOf(context.container);
    const observe = (one: unknown): unknown => {
      onInstance?.(one);
      return one;
    };
    return isThenable(activated) ? Promise.resolve(activated).then(observe) : observe(activated);
  };
  ownActivations.add(activation);
  binding.onActivation = activation;
}

/** The observer of a container, or of a parent: a binding of the parent may be resolved for the child. */
function observerOf(container: Container): InstanceObserver | undefined {
  return observers.get(container) ?? (container.parent ? observerOf(container.parent) : undefined);
}
