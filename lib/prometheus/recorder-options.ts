import { formatValue, type Problem } from '../error.js';

import { isLabelName, isMetricName } from '../families/naming.js';
import type { RecorderOptions } from '../recorder/abstract-recorder.js';
import {
  checkOptions,
  checkValue,
  countRule,
  flagRule,
  isFunction,
  isObject,
  type Rule,
  type Rules,
} from '../validation.js';
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

// Why only the type is shown: the value may be a key.
const showType = (value: unknown): string => (value === null ? 'null' : typeof value);
const flag: Rule = { ...flagRule(), show: showType };
const listener: Rule = { must: 'be a function', accepts: isFunction, show: showType };

const isRegistry = (value: unknown): boolean =>
  isObject(value) &&
  ['getMetricsAsArray', 'getSingleMetric', 'registerMetric'].every((method) => isFunction(value[method]));

const rules: Rules = {
  registry: { must: 'be a Registry of prom-client', accepts: isRegistry, remedy: 'Pass for example register' },
  prefix: { must: 'begin a legal metric name', accepts: isMetricName, remedy: 'Write for example "billing_"' },
  constantLabels: {
    must: 'be an object',
    accepts: (value) => value === null || isObject(value),
    remedy: 'Write { region: "eu" }',
  },
  maxSeriesPerFamily: countRule('Leave it out for 10,000'),
  maxSamples: countRule('Leave it out for 100,000'),
  created: flag,
  hashKey: { must: 'be a text', accepts: (value) => typeof value === 'string', show: showType },
  processMetrics: flag,
  strict: flag,
  onError: listener,
  onAdvice: listener,
  clock: listener,
};

/** Finds everything that is wrong with the options of a `PrometheusRecorder`. */
export function checkRecorderOptions(options: unknown): Problem[] {
  const constantLabels = isObject(options) && isObject(options['constantLabels']) ? options['constantLabels'] : {};
  return [...checkOptions(options, rules), ...Object.entries(constantLabels).flatMap(checkConstantLabel)];
}

function checkConstantLabel([name, value]: readonly [name: string, value: unknown]): Problem[] {
  const isLegal = isLabelName(name) && name !== 'le' && name !== 'quantile';
  const rule: Rule = {
    must: 'have a legal name and a string for its value',
    accepts: (text) => isLegal && typeof text === 'string',
    code: 'illegal_label',
    isRequired: true,
  };
  return checkValue(`constant label ${formatValue(name)}`, rule, value);
}
