import { type CatalogueEntry, catalogue } from '../../catalogue/catalogue.js';
import { MetricsError } from '../../error.js';
import { instrumentsOf, instrumentsOfClass } from '../../families/declared-instruments.js';
import { PrometheusRecorder } from '../../prometheus/prometheus-recorder.js';
import type { PrometheusRecorderOptions } from '../../prometheus/recorder-options.js';
import { attachRecorder } from '../../recorder/attach.js';
import { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import type { MetricsContainer } from './metrics-container.js';
import { hearByMiddleware } from './observe-via-middleware.js';
import { hearByPlugin } from './observe-via-plugin.js';
import type { Hear } from './on-instance.js';

interface Installation {
  readonly recorder: MetricsRecorder;
  /** The prototypes of the classes that are bound by now, as far as the container tells them. */
  readonly bound: () => readonly object[];
}

const installed = new WeakMap<object, Installation>();

/**
 * Binds `MetricsRecorder` in the container and makes every instance that the container hands out report to it: however
 * it is bound, whatever its scope. Call it before the first instance is resolved. A second call changes nothing.
 *
 * @returns the recorder: a new one, the one given, or the one that the container has bound already.
 * @throws MetricsError where the options are wrong, or where two classes bound so far declare clashing families.
 */
export function installMetrics(container: MetricsContainer, options?: PrometheusRecorderOptions): PrometheusRecorder;
export function installMetrics<R extends MetricsRecorder>(container: MetricsContainer, options: { recorder: R }): R;
export function installMetrics(
  container: MetricsContainer,
  options: PrometheusRecorderOptions | { readonly recorder: MetricsRecorder } = {},
): MetricsRecorder {
  const known = installed.get(container);
  if (known !== undefined) return known.recorder;
  const recorder = boundRecorder(container, options);
  const bound = hearInstances(container, (instance) => wire(instance, recorder));
  openAll(bound(), recorder);
  installed.set(container, { recorder, bound });
  return recorder;
}

/**
 * What is measured in a container, as data: by the classes that are bound so far, and by hand. InversifyJS 6 does not tell
 * what is bound: there it is what was resolved.
 *
 * @throws MetricsError where `installMetrics` was not called, or where two bound classes declare clashing families.
 */
export function catalogueOf(container: MetricsContainer): CatalogueEntry[] {
  const known = installed.get(container);
  if (known === undefined || !('openFamilies' in known.recorder)) {
    const message = `the container has no recorder that can be catalogued (given ${known === undefined ? 'a container without metrics' : 'a recorder of another kind'}). Call installMetrics(container) first.`;
    throw new MetricsError('catalogueOf', [{ code: 'illegal_option', message }]);
  }
  openAll(known.bound(), known.recorder);
  return catalogue(known.recorder as PrometheusRecorder);
}

function boundRecorder(
  container: MetricsContainer,
  options: PrometheusRecorderOptions | { readonly recorder: MetricsRecorder },
): MetricsRecorder {
  const own = 'recorder' in options ? options.recorder : undefined;
  if (container.isBound(MetricsRecorder)) {
    const bound = container.get(MetricsRecorder);
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

/** Gives who tells the prototypes of the classes that are bound; inversify 6 does not tell them. */
function hearInstances(container: MetricsContainer, hear: Hear): Installation['bound'] {
  if ('register' in container) return hearByPlugin(container, hear);
  hearByMiddleware(container, hear);
  return () => [];
}

function openAll(prototypes: readonly object[], recorder: MetricsRecorder): void {
  for (const prototype of prototypes) {
    for (const { family, site } of instrumentsOfClass(prototype)) recorder.open(family, site);
  }
}

/** Attaches the recorder to an instance of an annotated class; anything else is left alone. */
function wire(instance: unknown, recorder: MetricsRecorder): void {
  const isObject = (typeof instance === 'object' && instance !== null) || typeof instance === 'function';
  if (isObject && instrumentsOf(instance).length > 0) attachRecorder(instance, recorder);
}
