import type { Hear } from './on-instance.js';

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

type Resolve = (args: ResolveArguments) => unknown;

/** The part of inversify 6 that is used. */
export interface MiddlewareContainer {
  applyMiddleware(middleware: (next: Resolve) => Resolve): void;
}

const hears = new WeakMap<object, Hear>();
const hearing = new WeakSet<Activation>();

/**
 * Hears of every instance through inversify 6's own middleware: it shows the plan of each resolution before it is carried
 * out, and every binding in it is given an activation.
 */
export function hearByMiddleware(container: MiddlewareContainer, hear: Hear): void {
  hears.set(container, hear);
  container.applyMiddleware((next) => (args) => {
    const contextInterceptor = (context: Context): Context => {
      hearRequest(context.plan.rootRequest);
      return args.contextInterceptor(context);
    };
    return next({ ...args, contextInterceptor });
  });
}

function hearRequest({ bindings, childRequests }: Request): void {
  for (const binding of bindings) hearBinding(binding);
  for (const request of childRequests) hearRequest(request);
}

// Why the function is remembered rather than the binding: a snapshot copies bindings, with their activations.
function hearBinding(binding: Binding): void {
  const own = binding.onActivation;
  if (own && hearing.has(own)) return;
  const activation: Activation = (context, instance) => {
    const activated = own ? own(context, instance) : instance;
    const hear = hearOf(context.container);
    const heard = (it: unknown): unknown => {
      hear?.(it);
      return it;
    };
    return activated instanceof Promise ? activated.then(heard) : heard(activated);
  };
  hearing.add(activation);
  binding.onActivation = activation;
}

/** Who hears for a container: a binding of the parent may be resolved for the child. */
function hearOf(container: Container): Hear | undefined {
  return hears.get(container) ?? (container.parent ? hearOf(container.parent) : undefined);
}
