import { type Problem, shown } from '../error.js';
import { isObject, type Unchecked, unknownOptions, unless } from '../families/family-problems.js';
import { isLabelName, isMetricName } from '../families/names.js';
import { areOptions, noOptions } from '../families/option-rules.js';
import type { RecorderOptions } from '../recorder/abstract-recorder.js';
import type { ForeignRegistry } from './prom-client/external-families.js';

/** The options of a `PrometheusRecorder`; all may be left out. */
export interface PrometheusRecorderOptions extends RecorderOptions {
  /**
   * A registry of prom-client, or of its successor: our families are registered there, and what else it holds is exposed
   * beside ours. Default: none.
   */
  readonly registry?: ForeignRegistry;
  /** Expose in OpenMetrics when each counter and histogram series was born, as `_created`. Default `false`. */
  readonly created?: boolean;
  /** What the names of all families begin with, e.g. `billing_`. The recorder's own metrics keep their names. */
  readonly prefix?: string;
  /** Labels of every sample of this recorder; a family's own label of the same name wins. */
  readonly constantLabels?: Readonly<Record<string, string>>;
  /** At most so many label sets per family, unless the family says otherwise. Default 10,000. */
  readonly maxSeriesPerFamily?: number;
  /** At most so many exposed samples of all families together; a histogram's label set has its buckets + 3. Default 100,000. */
  readonly maxSamples?: number;
  /** The key of labels with `hash: true`. Default: `FLOWPLANE_METRICS_HASH_KEY`. `'random'`: a new one at each start. */
  readonly hashKey?: string;
  /** Expose the process metrics of prom-client too, where it is installed. Default `false`; `installMetrics` says `true`. */
  readonly processMetrics?: boolean;
}

/** The options of which there is nothing to say but their type, and how an error calls that. */
const typed = {
  created: ['boolean', 'true or false'],
  hashKey: ['string', 'a text'],
  processMetrics: ['boolean', 'true or false'],
  strict: ['boolean', 'true or false'],
  onError: ['function', 'a function'],
  onAdvice: ['function', 'a function'],
  clock: ['function', 'a function'],
} as const;

const known = [...['registry', 'prefix', 'constantLabels', 'maxSeriesPerFamily', 'maxSamples'], ...Object.keys(typed)];

export function recorderProblems(options: unknown): Problem[] {
  if (!areOptions(options)) return noOptions(options);
  const { prefix, constantLabels, registry } = options;
  return [
    ...unknownOptions(options, known),
    ...Object.entries(typed).flatMap(([name, [type, words]]) => typeProblems(name, options[name], type, words)),
    ...unless(
      registry === undefined || isRegistry(registry),
      'illegal_option',
      () => `"registry" must be a Registry of prom-client (given ${shown(registry)}). Pass for example register.`,
    ),
    ...unless(
      prefix === undefined || isMetricName(prefix),
      'illegal_option',
      () => `"prefix" must begin a legal metric name (given ${shown(prefix)}). Write for example "billing_".`,
    ),
    ...countProblems('maxSeriesPerFamily', options['maxSeriesPerFamily'], '10,000'),
    ...countProblems('maxSamples', options['maxSamples'], '100,000'),
    ...Object.entries((constantLabels ?? {}) as Unchecked).flatMap(([name, value]) =>
      unless(
        isLabelName(name) && name !== 'le' && name !== 'quantile' && typeof value === 'string',
        'illegal_label',
        () =>
          `constant label ${shown(name)} must have a legal name and a string for its value (given ${shown(value)}). Correct or remove it.`,
      ),
    ),
  ];
}

const typeProblems = (option: string, given: unknown, type: string, words: string): Problem[] =>
  unless(
    given === undefined || typeof given === type,
    'illegal_option',
    // Why the value is not shown: it may be a key.
    () => `"${option}" must be ${words} (given ${given === null ? 'null' : typeof given}). Correct or remove it.`,
  );

const countProblems = (option: string, most: unknown, usual: string): Problem[] =>
  unless(
    most === undefined || (Number.isSafeInteger(most) && (most as number) > 0),
    'illegal_option',
    () => `"${option}" must be a whole number above 0 (given ${shown(most)}). Leave it out for ${usual}.`,
  );

const isRegistry = (given: unknown): boolean =>
  isObject(given) &&
  ['getMetricsAsArray', 'getSingleMetric', 'registerMetric'].every((method) => typeof given[method] === 'function');
