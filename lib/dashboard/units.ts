import type { CatalogueEntry } from '../catalogue/catalogue.js';

/** How Grafana writes the values of a metric. */
interface UnitOf {
  /** The unit of the values themselves. */
  readonly value: string;
  /** The unit of what is added a second. Default: a plain number. */
  readonly rate?: string;
  /** What the values are multiplied by for this unit. Default: 1. */
  readonly factor?: number;
  /** Whether the values of several series can be added up. Default: they cannot. */
  readonly isAdditive?: true;
}

/** The units that a name ends in, or that a declaration gives. Source: Grafana, `packages/grafana-data/src/valueFormats`. */
const units: Readonly<Record<string, UnitOf>> = {
  // Why times 1000: Grafana's dates are in milliseconds.
  timestamp_seconds: { value: 'dateTimeFromNow', factor: 1000 },
  start_time_seconds: { value: 'dateTimeFromNow', factor: 1000 },
  // Why a part: what takes 0.3 s in each second is at work for 30 % of the time.
  seconds: { value: 's', rate: 'percentunit' },
  milliseconds: { value: 'ms' },
  minutes: { value: 'm' },
  hours: { value: 'h' },
  days: { value: 'd' },
  bytes: { value: 'bytes', rate: 'binBps', isAdditive: true },
  bits: { value: 'bits', rate: 'binbps', isAdditive: true },
  ratio: { value: 'percentunit' },
  percent: { value: 'percent' },
  celsius: { value: 'celsius' },
  volts: { value: 'volt' },
  amperes: { value: 'amp' },
  watts: { value: 'watt', isAdditive: true },
  // Why: a joule a second is a watt.
  joules: { value: 'joule', rate: 'watt', isAdditive: true },
  grams: { value: 'massg', isAdditive: true },
  meters: { value: 'lengthm' },
  hertz: { value: 'hertz' },
};

const noUnit: UnitOf = { value: 'short', rate: 'cps', isAdditive: true };

/** The longest first, because a timestamp ends in seconds too. */
const endings = Object.keys(units).sort((a, b) => b.length - a.length);

/** The unit of a family, with every default. */
interface FamilyUnit extends Required<Omit<UnitOf, 'isAdditive'>> {
  readonly isAdditive: boolean;
}

/** Finds the unit of a family: that in its name, or else that of its declaration. */
export function unitOf({ name, unit = '' }: Pick<CatalogueEntry, 'name' | 'unit'>): FamilyUnit {
  const bare = name.replace(/_total$/, '');
  const named = endings.find((ending) => bare === ending || bare.endsWith(`_${ending}`)) ?? unit;
  const found = Object.hasOwn(units, named) ? (units[named] as UnitOf) : noUnit;
  return { rate: 'short', factor: 1, isAdditive: false, ...found };
}
