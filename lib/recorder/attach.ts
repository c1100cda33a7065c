import { refuseIfAny } from '../error.js';
import { hasInstruments, instrumentsOfClass } from '../families/declared-instruments.js';
import { processState, recorderKey } from '../process-state.js';
import { checkValue, isFunction, isObject, isText, type Rule } from '../validation.js';
import { isRecorder, type MetricsRecorder } from './metrics-recorder.js';
import { addHost, createEarlyCallAdvice } from './wiring-advice.js';

interface Attached {
  [recorderKey]?: MetricsRecorder;
}

const { wiring, openedClasses, notRecorded } = processState;

/** Receives each instance that a container hands out. */
export type InstanceObserver = (instance: unknown) => void;

/** A class, by its constructor. */
export type AnyClass = abstract new (...args: never) => object;

const recorderRule: Rule = {
  must: 'be a MetricsRecorder',
  accepts: isRecorder,
  remedy: 'Pass for example new PrometheusRecorder()',
  isRequired: true,
};
const instanceRule: Rule = {
  must: 'be an object or a function',
  accepts: (value) => isObject(value) || isFunction(value),
  remedy: 'Pass an instance of a class with decorated methods',
  isRequired: true,
};
const hostRule: Rule = {
  must: 'be the name of a container',
  accepts: isText,
  remedy: 'Leave it out, or write for example "tsyringe"',
};

/** Throws unless `recorder` is a recorder. Why here: a wrong one must not be found out in the middle of a call. */
export function refuseUnlessRecorder(site: string, recorder: unknown): void {
  refuseIfAny(site, checkValue('"recorder"', recorderRule, recorder));
}

/**
 * Makes an instance report to this recorder, instead of any earlier one, and returns the instance. The families of its
 * class are in the next scrape, before any call. A family that clashes with another one is reported by the first call.
 *
 * @throws MetricsError where `recorder` is no recorder, or `instance` is neither an object nor a function.
 * @example
 * import { attachRecorder, Counter, PrometheusRecorder } from 'flowplane-metrics';
 *
 * class Mailer {@Counter({ name: 'mails_total', help: 'Mails' })
 *   send(): void {}
 * }
 *
 * const mailer = attachRecorder(new Mailer(), new PrometheusRecorder());
 * mailer.send();
 */
export function attachRecorder<T extends object>(instance: T, recorder: MetricsRecorder): T {
  refuseUnlessRecorder('attachRecorder', recorder);
  refuseIfAny('attachRecorder', checkValue('"instance"', instanceRule, instance));
  attach(instance, recorder);
  return instance;
}

/**
 * Creates what a container calls with each instance that it hands out: instances of classes with decorated methods report
 * to this recorder from then on, and anything else is left alone.
 *
 * @param host the name of the container: advice on instances without a recorder says it.
 * @throws MetricsError where `recorder` is no recorder, or `host` is no text.
 * @example
 * import { Counter, instanceObserver, PrometheusRecorder } from 'flowplane-metrics';
 *
 * class Mailer {@Counter({ name: 'mails_total', help: 'Mails' })
 *   send(): void {}
 * }
 *
 * const onInstance = instanceObserver(new PrometheusRecorder());
 * const mailer = new Mailer(); // created by your container
 * onInstance(mailer);
 * mailer.send();
 */
export function instanceObserver(recorder: MetricsRecorder, host?: string): InstanceObserver {
  refuseUnlessRecorder('instanceObserver', recorder);
  refuseIfAny('instanceObserver', checkValue('"host"', hostRule, host));
  if (host !== undefined) addHost(recorder, host);
  return (instance) => {
    if (!instanceRule.accepts(instance)) return;
    try {
      if (hasInstruments(instance as object)) attach(instance as object, recorder);
    } catch {
      // Why nothing is thrown: only an instance that cannot be inspected, such as a strict Proxy, gets here. It is handed out.
    }
  };
}

// Why an own symbol property: a Proxy around the instance finds it too. It is not enumerable, so that nothing that copies
// or prints the instance sees it.
function attach(instance: object, recorder: MetricsRecorder): void {
  if (!mark(instance, recorder)) {
    wiring.frozen.set(instance, recorder);
    wiring.anyFrozen = true;
  }
  if (notRecorded.delete(instance)) recorder.advise(createEarlyCallAdvice(recorder, instance.constructor));
  const owner = typeof instance === 'function' ? instance : Object.getPrototypeOf(instance);
  if (owner !== null && isNewTo(recorder, owner)) openInstruments(recorder, owner, 'report');
}

/** Puts the recorder on the instance; `false` where the instance, which may be a Proxy, takes no property. */
function mark(instance: object, recorder: MetricsRecorder): boolean {
  try {
    return Reflect.defineProperty(instance, recorderKey, { value: recorder, configurable: true, writable: true });
  } catch {
    return false;
  }
}

function isNewTo(recorder: MetricsRecorder, owner: object): boolean {
  const opened = openedClasses.get(recorder) ?? new WeakSet();
  openedClasses.set(recorder, opened);
  if (opened.has(owner)) return false;
  opened.add(owner);
  return true;
}

/**
 * Opens the families of the instance methods of these classes, so that the next scrape has them before there is an
 * instance.
 *
 * @param onClash what happens where another declaration has taken a family's name: `'throw'`, or `'report'` it by the
 * first call of the method.
 * @throws MetricsError `family_clash`, naming both sites, unless `onClash` is `'report'`; or where `recorder` is no recorder.
 * @example
 * import { Counter, openFamilies } from 'flowplane-metrics';
 * import { MemoryRecorder } from 'flowplane-metrics/testing';
 *
 * class Mailer {@Counter({ name: 'mails_total', help: 'Mails' })
 *   send(): void {}
 * }
 *
 * const recorder = new MemoryRecorder();
 * openFamilies(recorder, [Mailer]);
 * console.log(recorder.families()); // [ 'mails_total' ]
 */
export function openFamilies(
  recorder: MetricsRecorder,
  classes: readonly AnyClass[],
  onClash: 'throw' | 'report' = 'throw',
): void {
  refuseUnlessRecorder('openFamilies', recorder);
  for (const { prototype } of classes) openInstruments(recorder, prototype, onClash);
}

function openInstruments(recorder: MetricsRecorder, owner: object, onClash: 'throw' | 'report'): void {
  for (const { family, site } of instrumentsOfClass(owner)) {
    try {
      recorder.open(family, site);
    } catch (clash) {
      // Why nothing else for 'report': the first call of the method opens the family again, and reports the clash.
      if (onClash === 'throw') throw clash;
    }
  }
}

/**
 * Sets the recorder of whatever has no recorder of its own: static methods, plain functions, instances made with `new`.
 * `undefined` removes it.
 *
 * @throws MetricsError where `recorder` is neither a recorder nor `undefined`.
 * @example
 * import { Counter, instrumentFunction, PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
 *
 * setDefaultRecorder(new PrometheusRecorder());
 * const parse = instrumentFunction(JSON.parse, Counter({ name: 'parsed_total', help: 'Parsed texts' }));
 * console.log(parse('[1]')); // [ 1 ]
 */
export function setDefaultRecorder(recorder: MetricsRecorder | undefined): void {
  if (recorder !== undefined) refuseUnlessRecorder('setDefaultRecorder', recorder);
  wiring.defaultRecorder = recorder;
}

/** The recorder that this instance reports to: its own, else the default one, else none. */
export function recorderOf(instance: unknown): MetricsRecorder | undefined {
  return (instance as Attached | undefined)?.[recorderKey] ?? recorderOfUnmarked(instance);
}

function recorderOfUnmarked(instance: unknown): MetricsRecorder | undefined {
  const frozen = wiring.anyFrozen ? wiring.frozen.get(instance as object) : undefined;
  return frozen ?? wiring.resolving ?? wiring.defaultRecorder;
}

/**
 * Resolves something by a container. Until that is done, whatever has no recorder reports to this one: an instance calls
 * its own methods in its constructor and in `@postConstruct`, before the container hands it out.
 */
export function resolveWith<R>(recorder: MetricsRecorder | undefined, resolve: () => R): R {
  const outer = wiring.resolving;
  wiring.resolving = recorder ?? outer;
  try {
    return resolve();
  } finally {
    wiring.resolving = outer;
  }
}
