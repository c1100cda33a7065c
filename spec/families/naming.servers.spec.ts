import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { adviseOnNaming } from '../../lib/families/naming.js';
import { defineCounter, defineGauge, defineHistogram, type Family } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';

/** Each kind of problem, as promtool and as this package say it. */
const problems: Readonly<Record<string, readonly [promtool: RegExp, ours: RegExp]>> = {
  total: [/"_total" suffix/, /ends in "_total"/],
  unit: [/use base unit/, /is not a base unit/],
  abbreviation: [/abbreviated units/, /abbreviates a unit/],
  type: [/should not include type/, /does not belong in the name/],
  colon: [/should not contain ':'/, /":" is kept/],
  camelCase: [/'camelCase'/, /camelCase/],
  'label of a sample': [/should not have "(?:le|quantile)" label/, /label "(?:le|quantile)" is kept/],
  ending: [/"_(?:sum|count|bucket)" suffix/, /the ending "_(?:sum|count|bucket)"/],
};

/** What this package advises on and promtool does not, and why. */
const ownWords: Readonly<Record<string, string>> = {
  percent: 'Prometheus, "Base units": a ratio, not a percentage',
  percentage: 'the same',
  kib: 'abbreviates as "kb" does',
  mib: 'the same',
  gib: 'the same',
  tib: 'the same',
  pib: 'the same',
  mebibytes: 'promtool knows "mibi" instead',
};

const bases = ['amperes', 'bytes', 'celsius', 'grams', 'joules', 'kelvin', 'meters', 'metres', 'seconds', 'volts'];
const others = 'minutes hours days weeks kelvins fahrenheit rankine inches yards miles bits calories pounds ounces';
const prefixes = 'pico nano micro milli centi deci deca hecto kilo kibi mega giga gibi tera tebi peta pebi'.split(' ');
const abbreviations = 's ms us ns sec b kb mb gb tb pb m h d'.split(' ');
const plain = ['jobs', 'up', 'queueDepth', 'a:b', 'per', 'counter', 'gauge', 'histogram', 'summary', 'total', 'sum'];
const words = [
  ...bases,
  ...others.split(' '),
  ...prefixes.flatMap((prefix) => [...bases, ...others.split(' ')].map((unit) => prefix + unit)),
  ...abbreviations,
  ...plain,
  ...Object.keys(ownWords),
];

const define = { counter: defineCounter, gauge: defineGauge, histogram: defineHistogram } as const;
const kinds = Object.keys(define) as (keyof typeof define)[];

/**
 * Each word at each place of a name, with each ending that changes something.
 *
 * Why never two units: which of them promtool 2.42 takes differs from run to run; newer ones take the first, as we do.
 */
const names = new Set([
  ...words.flatMap((word) => [word, `x_${word}`, `${word}_x`, `x_${word}_x`, `x_${word}_total`]),
  ...['x_bucket', 'x_count', 'x_sum', 'x_bucket_total', 'x_Total', 'xBytes_total', 'xMinutes'],
]);

const labelSets: readonly Readonly<Record<string, {}>>[] = [{}, { le: {} }, { quantile: {} }, { queueName: {} }];

/** The families of a kind; the label "le" is refused for a histogram. */
function listFamilies(kind: keyof typeof define): Family[] {
  const named = Array.from(names, (name) => define[kind]({ name, help: 'What it is' }));
  const labelled = labelSets
    .filter((labels) => kind !== 'histogram' || !('le' in labels))
    .map((labels, i) => define[kind]({ name: `labelled_${i}_total`, help: 'What it is', labels }));
  return [...named, ...labelled];
}

/** One series of each family, as text. */
function expose({ name, kind, labels }: Family): string {
  const given = Object.keys(labels).map((label) => `${label}="1"`);
  const sample = (suffix: string, more: readonly string[] = []) =>
    `${name}${suffix}{${[...given, ...more].join(',')}} 1\n`;
  const samples =
    kind === 'histogram' ? sample('_bucket', ['le="+Inf"']) + sample('_sum') + sample('_count') : sample('');
  return `# HELP ${name} What it is\n# TYPE ${name} ${kind}\n${samples}`;
}

/** The kinds of problems that a text names. */
const kindsIn = (text: string, side: 0 | 1): string[] =>
  Object.keys(problems).filter((problem) => problems[problem]?.[side].test(text));

describe('The advice on names', () => {
  for (const kind of kinds) {
    it(`agrees with "promtool check metrics" on every ${kind}, but for what is listed`, function () {
      needs(this, 'promtool');
      const families = listFamilies(kind);
      const input = families.map(expose).join('');
      const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
      const said = new Map<string, string>();
      for (const line of (stdout + stderr).trim().split('\n')) {
        const [name = ''] = line.split(' ');
        said.set(name, `${said.get(name) ?? ''}${line.slice(name.length)}\n`);
      }
      const differing = families.flatMap((family) => {
        const theirs = kindsIn(said.get(family.name) ?? '', 0);
        const ours = kindsIn(adviseOnNaming(family) ?? '', 1).filter((one) => !isOwn(family, one));
        return theirs.join() === ours.join() ? [] : [{ name: family.name, theirs, ours }];
      });
      expect(said.size).to.be.above(500);
      expect(differing).to.deep.equal([]);
    });
  }

  /** Whether only this package advises on it. */
  function isOwn({ name, kind }: Family, problem: string): boolean {
    const hasOwnWord = name.split('_').some((word) => Object.hasOwn(ownWords, word));
    if (hasOwnWord && ['unit', 'abbreviation'].includes(problem)) return true;
    // OpenMetrics names a counter without "_total", and a histogram's samples would end twice.
    return problem === 'ending' && (kind === 'histogram' || name.endsWith('_total'));
  }
});

describe('Names that Prometheus writes itself', () => {
  it('lose to what a target exposes: the advice on them prevents a wrong answer', async function () {
    needs(this, 'prometheus');
    const target = createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end('up 7\nscrape_samples_scraped 7\nother 1\n');
    }).listen(0, '127.0.0.1');
    await once(target, 'listening');
    const prometheus = await PrometheusServer.start(`http://127.0.0.1:${(target.address() as AddressInfo).port}`);
    try {
      expect(await prometheus.until('other', 1)).to.equal(1);
      expect(await prometheus.value('up')).to.equal(7);
      expect(await prometheus.value('scrape_samples_scraped')).to.equal(7);
    } finally {
      await prometheus.stop();
      target.close();
    }
  });
});
