import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Consumer, root } from './consumers.js';

const page = join(root, 'docs/reference/compatibility.md');
const heading = '## Projects';

/** The part of the page that {@link matrix} writes: from its heading to the next one. */
const section = new RegExp(`(?<=^${heading}\\n\\n)[^]*?(?=^## )`, 'm');

/** Whether the tests of a project pass on a runtime; `undefined` where they were not run. */
export type Passes = (consumer: Consumer, runtime: string) => boolean | undefined;

const marks = new Map<boolean | undefined, string>([
  [true, ''],
  [false, ' (fails)'],
  [undefined, ' (not run)'],
]);

/**
 * How many seconds a project took from the beginning of its installation to the end of its first test, which reads a number;
 * `undefined` where it was not run.
 */
export type SecondsOf = (consumer: Consumer) => number | undefined;

/** The goal: what the page may say at most of any project. */
export const mostSeconds = 120;

const codes = (names: Iterable<string>): string => [...names].map((name) => `\`${name}\``).join(', ');

function row(consumer: Consumer, passes: Passes, secondsOf: SecondsOf): string {
  const { name, title, versions, decorators, runtimes } = consumer;
  const seconds = secondsOf(consumer);
  const time = seconds === undefined ? 'not run' : `${Math.ceil(seconds)} s`;
  const packages = [...versions].filter(([each]) => !each.startsWith('@types/')).map((each) => each.join('@'));
  const runs = runtimes.map((runtime) => runtime + marks.get(passes(consumer, runtime)));
  return `| \`${name}\` | ${title} | ${decorators} | ${codes(packages)} | ${runs.join(', ')} | ${time} |`;
}

/** What compatibility.md says of the projects. */
export const matrix = (all: readonly Consumer[], passes: Passes, secondsOf: SecondsOf): string =>
  [
    'CI packs the library, installs it into each of these projects, and runs their tests: `npm run consumers` in a clone.',
    'Each is a small project in `samples/consumers` of the repository, to be read and copied.',
    'The versions are those of its lockfile, with which the tests run.',
    `The last column is the time from the beginning of npm's work to the end of the first test run, in which a scrape or a recorder gives the first number. The goal is ${mostSeconds} s at most.`,
    '',
    '| project | what it is | decorators | packages | passes on | first number |',
    '|---|---|---|---|---|---|',
    ...all.map((consumer) => row(consumer, passes, secondsOf)),
    '',
    'All of this is run on Linux (x64, glibc). Not run: macOS, Windows, other processors, musl.',
    '',
    '',
  ].join('\n');

/** The seconds that the page has for this project. Each run takes another time, so that a comparison keeps those. */
export function readSeconds({ name }: Consumer): number | undefined {
  const found = new RegExp(`^\\| \`${name}\` \\|.*\\| (\\d+) s \\|$`, 'm').exec(readMatrix());
  return found === null ? undefined : Number(found[1]);
}

/** What the page has now. */
export function readMatrix(): string {
  const found = section.exec(readFileSync(page, 'utf8'))?.[0];
  if (found === undefined) throw new Error(`${page} has no heading "${heading}" with another one behind it`);
  return found;
}

export const writeMatrix = (text: string): void =>
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(section, () => text),
  );
