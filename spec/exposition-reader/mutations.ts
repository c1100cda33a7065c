import type { Exposition } from '../../lib/exposition-reader/exposition.js';

/** A text that may no longer be an exposition. */
export interface Mutant {
  readonly format: Exposition['format'];
  readonly bytes: Buffer;
}

/** Gives numbers from 0 to 1 that look random, and are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chooses by chance. */
class Chance {
  constructor(readonly random: () => number) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  of<One>(choices: readonly One[]): One {
    return choices[this.below(choices.length)] as One;
  }
}

/** Characters that mean something in an exposition, and a few that do not. */
const characters = [...'{}{}"",,==\\##\n\n\t   0159..eE+-_:aNé', '\0', '\r', '\xff', '\xc3', '\u00a0'];

const values = [
  ...[
    'Infinity',
    '-infinity',
    'Inf',
    '+Inf',
    'inF',
    'NaN',
    'nan',
    '+NaN',
    'nanx',
    '1e400',
    '-1e400',
    '1e-400',
    '1e5',
    '1E+5',
  ],
  ...[
    '.5',
    '1.',
    '.',
    '1e',
    '0x1p3',
    '0x10',
    '1_000',
    '+1',
    '-1',
    '--1',
    '',
    '1,5',
    '1.5.1',
    '٣',
    '-0',
    '5 ',
    '00012',
    '0e999',
  ],
];

type Mutation = (text: string, chance: Chance, now: number) => string;

const insertAt = (text: string, at: number, more: string, removed = 0): string =>
  text.slice(0, at) + more + text.slice(at + removed);

/** Changes one line that fulfils the condition, or none. */
const changeLine =
  (
    isWanted: (line: string) => boolean,
    change: (line: string, chance: Chance, now: number) => string | string[],
  ): Mutation =>
  (text, chance, now) => {
    const lines = text.split('\n');
    const wanted = lines.flatMap((line, i) => (isWanted(line) ? [i] : []));
    if (wanted.length === 0) return text;
    const at = chance.of(wanted);
    lines.splice(at, 1, ...[change(lines[at] as string, chance, now)].flat());
    return lines.join('\n');
  };

const isSample = (line: string): boolean => line !== '' && !line.startsWith('#');
const isLabelled = (line: string): boolean => isSample(line) && line.includes('{');
const isMetadata = (line: string): boolean => /^# (?:HELP|TYPE)/.test(line);

const labelsOf = (line: string): string[] =>
  line.slice(line.indexOf('{') + 1, line.lastIndexOf('}')).match(/\w+="(?:[^"\\]|\\.)*"/g) ?? [];
const withLabels = (line: string, labels: readonly string[], comma = ','): string =>
  `${line.slice(0, line.indexOf('{'))}{${labels.join(comma)}}${line.slice(line.lastIndexOf('}') + 1)}`;

const mutations: readonly Mutation[] = [
  (text, chance) => insertAt(text, chance.below(text.length), '', 1 + chance.below(3)),
  (text, chance) => insertAt(text, chance.below(text.length), chance.of(characters)),
  (text, chance) => insertAt(text, chance.below(text.length), chance.of(characters), 1),
  (text, chance) => text.slice(0, chance.below(text.length)),
  (text) => text.replace(/\n$/, ''),
  (text, chance) => `${text}${chance.of(['\n', ' ', '# EOF\n', 'a 1\n', '#', '# more', '\r\n'])}`,
  changeLine(
    () => true,
    () => [],
  ),
  changeLine(
    () => true,
    (line) => [line, line],
  ),
  changeLine(isSample, (line) => [line, line.replace(/ \S+$/, ' 77')]),
  changeLine(isMetadata, (line) => [line, line]),
  changeLine(
    () => true,
    (line, chance) => `${chance.of([' ', '\t', '  '])}${line}`,
  ),
  changeLine(
    () => true,
    (line, chance) => `${line}${chance.of([' ', '\t', '\r', ' #', ' # {a="b"} 1', ' # {} 2', ' # {a="b"} 1 1'])}`,
  ),
  changeLine(
    () => true,
    (line) => line.replace(' ', '  '),
  ),
  changeLine(
    () => true,
    (line) => line.replace(/^# /, '#'),
  ),
  changeLine(
    () => true,
    (line) => line.replace(' ', ''),
  ),
  changeLine(isSample, (line, chance) => line.replace(/ [^ ]+$/, ` ${chance.of(values)}`)),
  changeLine(
    isSample,
    (line, chance) => `${line} ${chance.of(['0', '-1', '1.5', '1e3', 'x', '99999999999999999999', 'NaN'])}`,
  ),
  changeLine(isSample, (line, chance, now) => {
    const at = now + chance.of([-500, -1000, -7_200_000, -300_000, 3_600_000, 300_000]);
    return `${line} ${chance.of([String(at), String(at / 1000)])}`;
  }),
  changeLine(isLabelled, (line) => withLabels(line, [...labelsOf(line), labelsOf(line)[0] ?? ''])),
  changeLine(isLabelled, (line) => [line, withLabels(line, labelsOf(line).reverse())]),
  changeLine(isLabelled, (line, chance) => withLabels(line, labelsOf(line), chance.of([', ', '', ',,', ' ', ' ,']))),
  changeLine(isLabelled, (line, chance) =>
    withLabels(line, [
      ...labelsOf(line),
      chance.of(['', '__name__="x"', 'le="bla"', 'quantile="2"', 'empty=""', '9="x"', 'x:y="z"']),
    ]),
  ),
  changeLine(isLabelled, (line) => line.replace(/=".*?"/, '=""')),
  changeLine(isLabelled, (line, chance) =>
    line.replace(/="/, `="${chance.of(['\\x', '\\n', '\\\\', '\\"', '\n', '\\', 'é', '\xff', '}', ' # ', '\0'])}`),
  ),
  changeLine(isLabelled, (line, chance) =>
    line.replace(/le="[^"]*"/, `le="${chance.of(['1', '1.0', 'inf', '+Inf', 'NaN', 'bla', ''])}"`),
  ),
  changeLine(isLabelled, (line, chance) => line.replace('{', chance.of([' {', '{ ', '{,', '{{', '']))),
  changeLine(isLabelled, (line) => line.replace(/^([\w:]+)\{/, '{"$1",')),
  changeLine(isLabelled, (line) => line.replace(/(\w+)="/, '"$1"="')),
  changeLine(isSample, (line) => line.replace(/^[\w:]+/, (name) => `{"${name}"}`)),
  changeLine(isMetadata, (line, chance) =>
    line.replace(
      /\S+$/,
      chance.of(['counter', 'gauge', 'histogram', 'summary', 'untyped', 'unknown', 'info', 'COUNTER', 'stateset', '']),
    ),
  ),
  changeLine(isMetadata, (line, chance) =>
    line.replace(/ \S+ /, chance.of([' ', '  ', '\t', ' 9a ', ' a{ ', ' "a.b" '])),
  ),
  changeLine(isMetadata, (line, chance) => `${line}${chance.of([' ', '\\x', '\\', '\xff', '\0', '\\n'])}`),
  changeLine(isMetadata, (line, chance) => `# UNIT ${line.split(' ')[2]} ${chance.of(['seconds', 'bytes', ''])}`),
  (text, chance) => {
    const lines = text.split('\n');
    const [moved = ''] = lines.splice(chance.below(lines.length), 1);
    lines.splice(chance.below(lines.length), 0, moved);
    return lines.join('\n');
  },
];

/** Takes a few whole families of an exposition, as long as they are together shorter than 4,000 characters. */
function excerptOf(text: string, chance: Chance): string {
  const families = text.replace(/# EOF\n$/, '').split(/^(?=# HELP )/m);
  let excerpt = '';
  const from = chance.below(families.length);
  for (const family of families.slice(from, from + 1 + chance.below(4))) {
    if (excerpt.length + family.length < 4000) excerpt += family;
  }
  return text.endsWith('# EOF\n') ? `${excerpt}# EOF\n` : excerpt;
}

/** Changes real expositions by chance: each mutant has one to three changes. */
export function mutantsOf(
  expositions: Readonly<Record<Exposition['format'], readonly string[]>>,
  count: number,
  seed: number,
  now: number,
): Mutant[] {
  const chance = new Chance(randomOf(seed));
  return Array.from({ length: count }, (_, i) => {
    const format = i % 2 === 0 ? 'text' : 'OpenMetrics';
    let text = excerptOf(chance.of(expositions[format]), chance);
    for (let left = 1 + chance.below(3); left > 0; left--) text = chance.of(mutations)(text, chance, now);
    return { format, bytes: encode(text) };
  });
}

/** Writes \xff and \xc3 as the bytes that are no UTF-8, and everything else as UTF-8. */
function encode(text: string): Buffer {
  const parts = text.split(/([\xff\xc3])/);
  return Buffer.concat(parts.map((part) => Buffer.from(part, /^[\xff\xc3]$/.test(part) ? 'latin1' : 'utf8')));
}
