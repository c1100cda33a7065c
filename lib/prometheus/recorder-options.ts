import { formatCount, formatValue, type Problem } from '../error.js';
import { checkFormats } from '../exposition/formats/formats.js';
import { defaultMaxSeries } from '../families/family.js';
import { isLabelName, isMetricName, isUtf8LabelName, isUtf8Name } from '../families/naming.js';
import type { ExpositionFormat } from '../store/exposed-family.js';
import { defaultMaxSamples } from '../store/limits.js';
import type { StoreOptions } from '../store/metric-store.js';
import {
  checkOptions,
  checkValue,
  countRule,
  flagRule,
  isFunction,
  isObject,
  isOneOf,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';
import type { ExternalRegistry } from './prom-client/external-families.js';

/** The options of a `PrometheusRecorder`; all may be left out. */
export interface PrometheusRecorderOptions extends StoreOptions {
  /**
   * A registry of prom-client, or of its successor: our families are registered there, and its other metrics are exposed
   * beside ours. Default: none.
   */
  readonly registry?: ExternalRegistry;
  /** Expose the process metrics of prom-client, or else of its successor, too, if one is installed. It is loaded in the background; a scrape before that lacks them. Default `false`; `installMetrics` sets `true`. */
  readonly processMetrics?: boolean;
  /** Formats in which this recorder can be scraped, beside the text format and OpenMetrics. Default: none. */
  readonly formats?: readonly ExpositionFormat[];
}

// Why only the type is shown: the value may be a key.
const showType = (value: unknown): string => (value === null ? 'null' : typeof value);
const flag: Rule = { ...flagRule(), show: showType };
const listener: Rule = { must: 'be a function', accepts: isFunction, show: showType };
const countWithDefault = (count: number): Rule => countRule(`Leave it out for ${formatCount(count)}`);

const isRegistry = (value: unknown): boolean =>
  isObject(value) &&
  ['getMetricsAsArray', 'getSingleMetric', 'registerMetric'].every((method) => isFunction(value[method]));

const rules: Rules = {
  registry: { must: 'be a Registry of prom-client', accepts: isRegistry, remedy: 'Pass for example register' },
  formats: { must: 'be a list of exposition formats', accepts: Array.isArray, remedy: 'Write [myFormat]' },
  prefix: { must: 'begin a metric name', accepts: isUtf8Name, remedy: 'Write for example "billing_"' },
  constantLabels: {
    must: 'be an object',
    accepts: (value) => value === null || isObject(value),
    remedy: 'Write { region: "eu" }',
  },
  maxSeriesPerFamily: countWithDefault(defaultMaxSeries),
  maxSamples: countWithDefault(defaultMaxSamples),
  created: flag,
  nameValidation: { must: 'be "legacy" or "utf8"', accepts: isOneOf(['legacy', 'utf8']), remedy: 'Choose one' },
  exemplars: flag,
  nativeHistograms: flag,
  hashKey: { must: 'be a text', accepts: (value) => typeof value === 'string', show: showType },
  processMetrics: flag,
  strict: flag,
  onError: listener,
  onAdvice: listener,
  clock: listener,
};

/** Finds everything that is wrong with the options of a `PrometheusRecorder`. */
export function checkRecorderOptions(options: unknown): Problem[] {
  const { constantLabels, formats, nameValidation, prefix, registry } = isObject(options) ? options : {};
  const isUtf8 = nameValidation === 'utf8';
  return checkOptions(options, rules).concat(
    isUtf8 ? checkValue('"nameValidation"', besideRegistryRule, registry) : [],
    !isUtf8 && isUtf8Name(prefix) ? checkValue('"prefix"', legacyPrefixRule, prefix) : [],
    Array.isArray(formats) ? checkFormats(formats) : [],
    isObject(constantLabels) ? checkConstantLabels(constantLabels, isUtf8 ? isUtf8LabelName : isLabelName) : [],
  );
}

const checkConstantLabels = (labels: Unchecked, isAllowed: (name: unknown) => boolean): Problem[] =>
  Object.entries(labels).flatMap(([name, value]) => checkConstantLabel(name, value, isAllowed));

const legacyPrefixRule: Rule = {
  must: 'begin a legal metric name',
  accepts: isMetricName,
  remedy: 'Write for example "billing_", or allow it by nameValidation: "utf8"',
};

const besideRegistryRule: Rule = {
  must: 'be "legacy" beside a registry, as prom-client writes names as they are',
  accepts: (registry) => registry === undefined,
  show: () => '"utf8" and a registry',
  remedy: 'Leave out one of them',
};

function checkConstantLabel(name: string, value: unknown, isAllowed: (name: unknown) => boolean): Problem[] {
  const isLegal = isAllowed(name) && name !== 'le' && name !== 'quantile';
  const rule: Rule = {
    must: 'have a legal name and a string for its value',
    accepts: (text) => isLegal && typeof text === 'string',
    code: 'illegal_label',
    isRequired: true,
  };
  return checkValue(`constant label ${formatValue(name)}`, rule, value);
}
