import { type CatalogueEntry, catalogue } from '../../catalogue/catalogue.js';
import { MetricsError } from '../../error.js';
import { peerError } from '../../peers.js';
import { PrometheusRecorder } from '../../prometheus/prometheus-recorder.js';
import type { PrometheusRecorderOptions } from '../../prometheus/recorder-options.js';
import { type AnyClass, instanceObserver, openFamilies, refuseUnlessRecorder } from '../../recorder/attach.js';
import { MetricsRecorder, unboundRecorder } from '../../recorder/metrics-recorder.js';
import { type MiddlewareContainer, observeViaMiddleware } from './observe-via-middleware.js';
import { observeViaPlugin, type PluginContainer } from './observe-via-plugin.js';

/** The part of an inversify `Container` that is used, by shape: 7 and 8 take plugins, 6 takes middleware. */
export type MetricsContainer = {
  isBound(identifier: typeof MetricsRecorder): boolean;
  /** Whether the container itself, and not only a parent, has bound it. */
  isCurrentBound?(identifier: typeof MetricsRecorder): boolean;
  get(identifier: typeof MetricsRecorder): MetricsRecorder;
  bind(identifier: typeof MetricsRecorder): { toConstantValue(value: MetricsRecorder): unknown };
  unbind(identifier: typeof MetricsRecorder): unknown;
  /** Only in 7, where `unbind` is asynchronous. */
  unbindSync?(identifier: typeof MetricsRecorder): void;
} & (PluginContainer | MiddlewareContainer);

/** A recorder to bind, or the options of a new one. */
type InstallOptions = PrometheusRecorderOptions | { readonly recorder: MetricsRecorder };

interface Installation {
  readonly recorder: MetricsRecorder;
  readonly listBoundClasses: () => readonly AnyClass[];
}

const installed = new WeakMap<object, Installation>();

/**
 * Binds `MetricsRecorder` in the container and makes every instance that the container hands out report to it: however
 * it is bound, whatever its scope. Call it before the first instance is resolved. A second call changes nothing,
 * unless the container was restored to a snapshot from before the first one.
 *
 * @returns the recorder: a new one, the one given, or the one that the container has bound already.
 * @throws MetricsError where the options are wrong, or where two classes bound so far declare clashing families.
 * @example
 * import { Counter } from 'flowplane-metrics';
 * import { installMetrics } from 'flowplane-metrics/inversify';
 * import { Container } from 'inversify';
 *
 * class Mailer {@Counter({ name: 'mails_total', help: 'Mails' })
 *   send(): void {}
 * }
 *
 * const container = new Container();
 * container.bind(Mailer).toDynamicValue(() => new Mailer());
 * const recorder = installMetrics(container, { prefix: 'shop_' });
 * container.get(Mailer).send();
 * console.log(recorder.openFamilies().map(({ name }) => name)); // [ 'shop_mails_total' ]
 */
export function installMetrics(container: MetricsContainer, options?: PrometheusRecorderOptions): PrometheusRecorder;
export function installMetrics<R extends MetricsRecorder>(container: MetricsContainer, options: { recorder: R }): R;
export function installMetrics(container: MetricsContainer, options: InstallOptions = {}): MetricsRecorder {
  const known = installed.get(container);
  // Why the bound one is asked: a container that was restored to an earlier snapshot has lost it, and is observed no more.
  if (known !== undefined && boundRecorder(container) === known.recorder) return known.recorder;
  refuseUnlessObservable(container);
  const recorder = bindRecorder(container, options);
  const listBoundClasses = observeInstances(container, recorder);
  openFamilies(recorder, listBoundClasses());
  installed.set(container, { recorder, listBoundClasses });
  return recorder;
}

/**
 * Lists what is measured in a container, as data: by the classes that are bound so far, and by hand. InversifyJS 6 does
 * not say what is bound: there it is what was resolved.
 *
 * @throws MetricsError where `installMetrics` was not called, or where two bound classes declare clashing families.
 * @example
 * import { catalogueMarkdown } from 'flowplane-metrics';
 * import { catalogueOf, installMetrics } from 'flowplane-metrics/inversify';
 * import { Container } from 'inversify';
 *
 * const container = new Container();
 * installMetrics(container);
 * console.log(catalogueMarkdown(catalogueOf(container)));
 */
export function catalogueOf(container: MetricsContainer): CatalogueEntry[] {
  const known = installed.get(container);
  if (known === undefined || !('openFamilies' in known.recorder)) {
    const message = `the container has no recorder that can be catalogued (given ${known === undefined ? 'a container without metrics' : 'a recorder of another kind'}). Call installMetrics(container) first.`;
    throw new MetricsError('catalogueOf', [{ code: 'illegal_option', message }]);
  }
  openFamilies(known.recorder, known.listBoundClasses());
  return catalogue(known.recorder as PrometheusRecorder);
}

/** Binds the recorder given, or a new one, unless the container has bound one. */
function bindRecorder(container: MetricsContainer, options: InstallOptions): MetricsRecorder {
  const own = 'recorder' in options ? options.recorder : undefined;
  if (own !== undefined) refuseUnlessRecorder('installMetrics', own);
  const bound = boundRecorder(container);
  // Why not where only a parent has bound one: a child container may have a recorder of its own.
  const isForChild = own !== undefined && container.isCurrentBound?.(MetricsRecorder) === false;
  if (bound !== undefined && !isForChild) {
    if (own === undefined || own === bound) return bound;
    throw new MetricsError('installMetrics', [
      {
        code: 'illegal_option',
        message:
          '"recorder" is not the MetricsRecorder that the container has bound (given another one). Leave it out, or do not bind one.',
      },
    ]);
  }
  const recorder = own ?? new PrometheusRecorder({ processMetrics: true, ...options });
  container.bind(MetricsRecorder).toConstantValue(recorder);
  return recorder;
}

/**
 * The recorder that somebody has bound in the container.
 *
 * Why its identity is asked: a container with `autobind: true` answers that it has bound every class, and constructs it.
 * The binding that it has made is removed, so that the recorder's own is the only one.
 */
function boundRecorder(container: MetricsContainer): MetricsRecorder | undefined {
  if (!container.isBound(MetricsRecorder)) return undefined;
  const bound = container.get(MetricsRecorder);
  if (bound !== unboundRecorder) {
    refuseUnlessRecorder('installMetrics', bound);
    return bound;
  }
  if (container.unbindSync === undefined) container.unbind(MetricsRecorder);
  else container.unbindSync(MetricsRecorder);
  return undefined;
}

/** Why first: a container that cannot be observed must not have a recorder, which would record nothing. */
function refuseUnlessObservable(container: object): void {
  if ('register' in container || 'applyMiddleware' in container) return;
  const peer = { packages: ['inversify'], purpose: 'for installMetrics', install: 'inversify@8' } as const;
  throw peerError('installMetrics', peer, new TypeError('its container has neither plugins nor middleware'));
}

/** Gives what lists the classes that are bound; InversifyJS 6 does not say which they are. */
function observeInstances(container: MetricsContainer, recorder: MetricsRecorder): Installation['listBoundClasses'] {
  const onInstance = instanceObserver(recorder, 'Inversify');
  if ('register' in container) return observeViaPlugin(container, recorder, onInstance);
  observeViaMiddleware(container, recorder, onInstance);
  return () => [];
}
