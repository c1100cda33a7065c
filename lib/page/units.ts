interface Scale {
  readonly suffix: string;
  readonly factor: number;
}

/** Spells numbers of one unit, e.g. `1.25 ms`, `3.5 MiB/s`. */
export type Spell = (value: number | null | undefined) => string;

const scales = (...all: readonly (readonly [suffix: string, factor: number])[]): Scale[] =>
  all.map(([suffix, factor]) => ({ suffix, factor }));

/** The scales of a unit by thousands. */
const byThousands = (symbol: string): Scale[] =>
  scales(
    [` n${symbol}`, 1e-9],
    [` µ${symbol}`, 1e-6],
    [` m${symbol}`, 1e-3],
    [symbol === '' ? '' : ` ${symbol}`, 1],
    [` k${symbol}`, 1e3],
    [` M${symbol}`, 1e6],
    [` G${symbol}`, 1e9],
    [` T${symbol}`, 1e12],
  );

const plain = byThousands('');
const share = scales([' %', 0.01]);

/** The scales of the units that have any, in ascending order. */
const scalesOf: ReadonlyMap<string, readonly Scale[]> = new Map<string, readonly Scale[]>(
  Object.entries({
    seconds: scales([' ns', 1e-9], [' µs', 1e-6], [' ms', 1e-3], [' s', 1], [' min', 60], [' h', 3600], [' d', 86_400]),
    milliseconds: scales([' µs', 1e-3], [' ms', 1], [' s', 1e3], [' min', 60e3], [' h', 3600e3], [' d', 86_400e3]),
    bytes: scales([' B', 1], [' KiB', 1024], [' MiB', 1024 ** 2], [' GiB', 1024 ** 3], [' TiB', 1024 ** 4]),
    ratio: share,
    percent: scales([' %', 1]),
    celsius: scales([' °C', 1]),
    volts: byThousands('V'),
    amperes: byThousands('A'),
    joules: byThousands('J'),
    grams: byThousands('g'),
    meters: byThousands('m'),
  }),
);

/** Units that a name says where the declaration does not. */
const unitsInNames = new RegExp(`_(${[...scalesOf.keys()].join('|')})$`);

/** The unit of a family: the declared one, or the one in its name. */
export const unitOf = (name: string, declared: string | undefined): string | undefined =>
  declared ?? unitsInNames.exec(name.replace(/_(total|sum|count)$/, ''))?.[1];

/** Seconds that are counted per second are a part of the time, as those of a processor are. */
const isShareOfTime = (unit: string | undefined, isRate: boolean): boolean => isRate && unit === 'seconds';

/** Makes what spells values of a unit; of a rate, by the second. */
export function speller(unit: string | undefined, isRate = false): Spell {
  const isShare = isShareOfTime(unit, isRate);
  const known = isShare ? share : unit === undefined ? plain : scalesOf.get(unit);
  const words = known === undefined ? ` ${unit}` : '';
  const end = words + (isRate && !isShare ? '/s' : '');
  return (value) => {
    if (value === null || value === undefined || Number.isNaN(value)) return '–';
    if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
    const { suffix, factor } = chooseScale(Math.abs(value), known ?? plain);
    return spellNumber(value / factor) + suffix + end;
  };
}

/** What the value axis measures, in words. */
export function describeAxis(unit: string | undefined, isRate = false): string {
  if (isShareOfTime(unit, isRate)) return 'part of the time';
  const words = unit ?? (isRate ? 'events' : 'value');
  return isRate ? `${words} per second` : words;
}

/** Round numbers of seconds: decimal ones, from a minute on those of a clock, and from twenty days on decimal ones of days. */
const roundSeconds: readonly number[] = [
  ...Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((digit) => Number(`${digit}e${i - 9}`))).flat(),
  ...[10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240].map((hours) => hours * 3600),
  ...Array.from({ length: 8 }, (_, i) => [2, 5, 10].map((days) => days * 10 ** (i + 1) * 86_400)).flat(),
];
/** Multiples of 1,024 are round numbers of bytes. */
const roundBytes: readonly number[] = Array.from({ length: 50 }, (_, i) => 2 ** i);

/** The steps between the ticks of an axis; `undefined` where decimal ones serve. */
export function stepsOf(unit: string | undefined, isRate: boolean): readonly number[] | undefined {
  if (unit === 'bytes') return roundBytes;
  return unit === 'seconds' && !isRate ? roundSeconds : undefined;
}

function chooseScale(size: number, all: readonly Scale[]): Scale {
  const one: Scale = all.find(({ factor }) => factor === 1) ?? (all[0] as Scale);
  if (size === 0) return one;
  const fitting = all.findLast(({ factor }) => size >= factor * 0.9995) ?? (all[0] as Scale);
  // Why: 5,000 is easier to read than 5 k, and 0.25 than 250 m.
  if (all === plain && size >= 1e-3 && size < 1e5) return one;
  const scaled = size / fitting.factor;
  // Why: beyond the largest and the smallest scale a number has an exponent, which is easier to read without a prefix.
  return scaled >= 1e-3 && scaled < 1e6 ? fitting : one;
}

function spellNumber(value: number): string {
  const size = Math.abs(value);
  // Why: all digits of 1e300 are wider than the page, and those of 1e-20 would be a 0.
  if (size >= 1e9 || (size > 0 && size < 1e-6)) return value.toExponential(3).replace(/\.?0+e/, 'e');
  const rounded = size < 1000 ? Number(value.toPrecision(4)) : Math.round(value);
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** Spells how many there are. */
export const formatCount = (count: number): string => count.toLocaleString('en-US', { maximumFractionDigits: 0 });

/** Spells a time of the day; without seconds where those say nothing. */
export const clock = (seconds: number, hasSeconds = true): string =>
  new Date(seconds * 1000).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(hasSeconds && { second: '2-digit' }),
  });
