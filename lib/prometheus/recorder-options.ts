import { type Problem, shown } from '../error.js';
import { formatsProblems } from '../exposition/formats/formats.js';
import { isObject, type Unchecked, unknownOptions, unless } from '../families/family-problems.js';
import { isLabelName, isMetricName } from '../families/names.js';
import { areOptions, noOptions } from '../families/option-rules.js';
import type { ExpositionFormat } from '../store/exposed-family.js';
import { defaultMaxSamples, defaultMaxSeriesPerFamily } from '../store/limits.js';
import type { StoreOptions } from '../store/metric-store.js';
import type { ExternalRegistry } from './prom-client/external-families.js';

/** The options of a `PrometheusRecorder`; all may be left out. */
export interface PrometheusRecorderOptions extends StoreOptions {
  /**
   * A registry of prom-client, or of its successor: our families are registered there, and its other metrics are exposed
   * beside ours. Default: none.
   */
  readonly registry?: ExternalRegistry;
  /** Expose the process metrics of prom-client too, if it is installed. Default `false`; `installMetrics` sets `true`. */
  readonly processMetrics?: boolean;
  /** Formats in which this recorder can be scraped, beside the text format and OpenMetrics. Default: none. */
  readonly formats?: readonly ExpositionFormat[];
}

/** The options that only need a type, and how an error calls it. */
const typedOptions = {
  created: ['boolean', 'true or false'],
  hashKey: ['string', 'a text'],
  processMetrics: ['boolean', 'true or false'],
  strict: ['boolean', 'true or false'],
  onError: ['function', 'a function'],
  onAdvice: ['function', 'a function'],
  clock: ['function', 'a function'],
} as const;

const knownOptions = [
  ...['registry', 'formats', 'prefix', 'constantLabels', 'maxSeriesPerFamily', 'maxSamples'],
  ...Object.keys(typedOptions),
];

/** Lists what is wrong with the options of a recorder. */
export function recorderProblems(options: unknown): Problem[] {
  if (!areOptions(options)) return noOptions(options);
  const { prefix, constantLabels, registry, formats } = options;
  return [
    ...unknownOptions(options, knownOptions),
    ...Object.entries(typedOptions).flatMap(([name, [type, words]]) => typeProblems(name, options[name], type, words)),
    ...unless(
      registry === undefined || isRegistry(registry),
      'illegal_option',
      () => `"registry" must be a Registry of prom-client (given ${shown(registry)}). Pass for example register.`,
    ),
    ...formatsProblems(formats),
    ...unless(
      prefix === undefined || isMetricName(prefix),
      'illegal_option',
      () => `"prefix" must begin a legal metric name (given ${shown(prefix)}). Write for example "billing_".`,
    ),
    ...countProblems('maxSeriesPerFamily', options['maxSeriesPerFamily'], defaultMaxSeriesPerFamily),
    ...countProblems('maxSamples', options['maxSamples'], defaultMaxSamples),
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

const countProblems = (option: string, count: unknown, usual: number): Problem[] =>
  unless(
    count === undefined || (Number.isSafeInteger(count) && (count as number) > 0),
    'illegal_option',
    () =>
      `"${option}" must be a whole number above 0 (given ${shown(count)}). Leave it out for ${usual.toLocaleString('en-US')}.`,
  );

const isRegistry = (given: unknown): boolean =>
  isObject(given) &&
  ['getMetricsAsArray', 'getSingleMetric', 'registerMetric'].every((method) => typeof given[method] === 'function');
