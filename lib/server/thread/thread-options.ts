import type { Problem } from '../../error.js';
import type { Scrapable } from '../../store/exposed-family.js';
import { knownOptions } from '../config/option-checks.js';
import type { MetricsServerOptions } from '../config/options.js';

/** Of so many megabytes a heap is enough for a million series. */
const defaultMaxHeapMegabytes = 512;

/** Whether the server is to run in a thread of its own. */
export const isThreadWanted = ({ thread = false }: MetricsServerOptions): boolean => thread !== false;

/** How large the heap of the thread may become. */
export const maxHeapMegabytes = ({ thread }: MetricsServerOptions): number =>
  (typeof thread === 'object' ? thread.maxHeapMegabytes : undefined) ?? defaultMaxHeapMegabytes;

/** What is done on the main thread: by functions, at signals, and where the process ends. */
const ofMainThread: ReadonlySet<string> = new Set(['thread', 'drain', 'keepAlive', 'otlp', 'onAdvice']);

/**
 * The options that the thread needs, as plain data, which stay as they are.
 *
 * Why each by its name: the options may be of a class whose getters give them, and none of them may be lost on the way.
 */
export function threadOptions(options: MetricsServerOptions): MetricsServerOptions {
  const names = knownOptions.filter((name) => !ofMainThread.has(name));
  return Object.fromEntries(names.map((name) => [name, toPlainData(options[name as keyof MetricsServerOptions])]));
}

function toPlainData(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, toPlainData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(listNames(value).map((name) => [name, toPlainData(Reflect.get(value, name))]));
}

/** The names of all properties of an object that are its own or those of its class. */
function listNames(value: object): readonly string[] {
  const names = new Set<string>();
  for (let at: object | null = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return [...names].filter((name) => typeof Reflect.get(value, name) !== 'function');
}

/** Refuses a recorder whose functions would have to run in the thread. */
export function checkThread(recorder: Scrapable, options: MetricsServerOptions): Problem[] {
  const count = recorder.formats?.length ?? 0;
  if (!isThreadWanted(options) || count === 0) return [];
  const message = `"thread" must be false where the recorder has formats of its own (given ${count}), because their functions cannot run in another thread. Leave out "thread", or "formats" of the recorder.`;
  return [{ code: 'illegal_option', message }];
}
