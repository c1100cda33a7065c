const key = Symbol.for('flowplane-metrics/1');

type State = Record<string, unknown>;

/**
 * The process-wide value of this name, made on first use.
 *
 * Why on `globalThis`: two copies of the package in one process must agree on it, so its shape is part of the `/1`.
 */
export function processWide<T>(name: string, create: () => T): T {
  const state = processState();
  if (!(name in state)) state[name] = create();
  return state[name] as T;
}

function processState(): State {
  const holder = globalThis as { [key]?: State };
  if (holder[key] === undefined) {
    Object.defineProperty(holder, key, { value: Object.create(null), enumerable: false });
  }
  return holder[key] as unknown as State;
}

const self = {};

/** How many copies of this package have asked. */
export function copies(): number {
  return processWide('copies', () => new Set<object>()).add(self).size;
}
