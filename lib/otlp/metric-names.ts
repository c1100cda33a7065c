import type { ExposedFamily, ExposedType } from '../store/exposed-family.js';

/** What a family is called in OTLP. */
export interface MetricName {
  readonly name: string;
  /** The unit in UCUM; the empty text for none. */
  readonly unit: string;
  /** Whether the receiver's translation gives back the name that is scraped. */
  readonly comesBack: boolean;
}

// Source: github.com/prometheus/otlptranslator, unitMap. By word in a name: the unit in UCUM.
const units: ReadonlyMap<string, string> = new Map([
  ['days', 'd'],
  ['hours', 'h'],
  ['minutes', 'min'],
  ['seconds', 's'],
  ['milliseconds', 'ms'],
  ['microseconds', 'us'],
  ['nanoseconds', 'ns'],
  ['bytes', 'By'],
  ['kibibytes', 'KiBy'],
  ['mebibytes', 'MiBy'],
  ['gibibytes', 'GiBy'],
  ['tibibytes', 'TiBy'],
  ['kilobytes', 'KBy'],
  ['megabytes', 'MBy'],
  ['gigabytes', 'GBy'],
  ['terabytes', 'TBy'],
  ['meters', 'm'],
  ['volts', 'V'],
  ['amperes', 'A'],
  ['joules', 'J'],
  ['watts', 'W'],
  ['grams', 'g'],
  ['celsius', 'Cel'],
  ['hertz', 'Hz'],
  ['percent', '%'],
  ['ratio', '1'],
]);
const words: ReadonlyMap<string, string> = new Map([...units].map(([word, unit]) => [unit, word]));

/**
 * Finds the name and the unit from which the receiver makes the name that is scraped: without `_total`, and without the unit
 * where that may be left out.
 */
export function nameInOtlp({ name, type }: Pick<ExposedFamily, 'name' | 'type'>): MetricName {
  const base = type === 'counter' ? name.replace(/_total$/, '') : name;
  const [, start = '', word = ''] = /^(.+)_([a-z]+)$/.exec(base) ?? [];
  const unit = units.get(word);
  const candidates = [
    ...(unit === undefined ? [] : [{ name: start, unit }]),
    { name: base, unit: '' },
    { name, unit: '' },
  ];
  // Why escaped: a receiver that names as Prometheus does makes underscores of dots too.
  const scraped = name.replace(/[^a-zA-Z0-9_:]/g, '_');
  const found = candidates.find((one) => translate(one.name, one.unit, type) === scraped);
  return { ...(found ?? { name: base, unit: '' }), comesBack: found !== undefined };
}

/**
 * The name that a receiver makes of a name, a unit and a type, where it names as Prometheus does.
 *
 * Source: github.com/prometheus/otlptranslator, MetricNamer with suffixes and underscores; VictoriaMetrics does the same with
 * `-opentelemetry.usePrometheusNaming`.
 */
export function translate(name: string, unit: string, type: ExposedType): string {
  let tokens = name.split(/[^a-zA-Z0-9]+/).filter((token) => token !== '');
  const word = unit === '1' ? '' : (words.get(unit) ?? unit);
  if (word !== '' && !tokens.includes(word)) tokens.push(word);
  if (type === 'counter') tokens = [...tokens.filter((token) => token !== 'total'), 'total'];
  // Why so: what is of no known type is sent as a gauge.
  const isGauge = type === 'gauge' || type === 'unknown';
  if (isGauge && unit === '1') tokens = [...tokens.filter((token) => token !== 'ratio'), 'ratio'];
  const joined = tokens.join('_');
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

/** Whether a receiver gives back a label of this name. Why not others: it gives the first two to the resource. */
export const labelComesBack = (name: string): boolean => name !== 'job' && name !== 'instance' && !/^_(?!_)/.test(name);
