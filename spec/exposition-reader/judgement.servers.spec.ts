import { expect } from 'chai';
import { type Consumer, formatObjection, isProblem } from '../../lib/exposition-reader/exposition.js';
import { readExposition } from '../../lib/exposition-reader/read-exposition.js';
import { needs } from '../needs.js';
import { realExpositions } from './expositions.js';
import { contentTypes, refusalsOfReferenceParser, type Scraped, Served, scrapeAll, spell } from './judges.js';
import { type Mutant, mutantsOf } from './mutations.js';

const count = 2000;
/** Set SEED for other changes: whatever it is, there must be no difference but the named ones. */
const seed = Number(process.env['SEED'] ?? 1);

/** Where the reader judges otherwise than a consumer, and why. */
const namedDifferences: readonly (readonly [
  reason: string,
  of: readonly Consumer[],
  isMeant: (text: string) => boolean,
])[] = [
  [
    // Prometheus 2 refuses it, so that it is a problem all the same.
    'Prometheus 3 cuts the first and the last character off a name without quotes in braces: {abc} is a series named b',
    ['Prometheus 3'],
    (text) => /^\s*\{[^"}]*\b\w+ *[,}]/m.test(text),
  ],
  [
    'the reference parser compares seconds and nanoseconds of a timestamp apart, so that 2.1 comes before 1.5',
    ['the reference parser'],
    (text) => /^[^#\n]* \S+ \d+\.\d+$/m.test(text),
  ],
  [
    'Prometheus leaves out NUL bytes within the keywords HELP, TYPE, UNIT and EOF, which no exporter writes',
    ['Prometheus 2', 'Prometheus 3'],
    (text) => /^\s*#[ \t]+[HTUE][A-Z]*\0/m.test(text),
  ],
];

describe('The reader of expositions', function () {
  this.timeout(500_000);

  it('judges 2,000 changed real expositions as Prometheus 2 and 3 and the reference parser do', async function () {
    for (const server of ['prometheus', 'prometheus-3', 'python3-prometheus-client']) needs(this, server);
    const expositions = await realExpositions();
    // Why after them: a time between this one and the scrape would be new for one and old for the other.
    const now = Date.now();
    const mutants = mutantsOf(expositions, count, seed, now);
    const served = await Served.start(mutants);
    const scrapes = ['prometheus', 'prometheus-3'].map((command) => scrapeAll(command, served, count));
    const [two = [], three = []] = await Promise.all(scrapes).finally(() => served.stop());
    const refusals = refusalsOfReferenceParser(mutants.map(({ bytes }) => bytes));
    const differences = mutants.flatMap((mutant, i) =>
      differencesOf(mutant, now, [two[i] as Scraped, three[i] as Scraped], refusals[i] as string),
    );
    expect(differences.join('\n\n')).to.equal('');
    // Why: a test in which everything is refused would say little.
    expect(two.filter(({ isUp }) => isUp).length).to.be.within(count / 4, (count * 3) / 4);
  });
});

/** How the judgement of one mutant differs from those of its consumers, and from the samples that they stored. */
function differencesOf(mutant: Mutant, now: number, scraped: readonly Scraped[], refusal: string): string[] {
  const { objections, families } = readExposition(mutant.bytes, { contentType: contentTypes[mutant.format], now });
  const text = mutant.bytes.toString('latin1');
  const wrong: string[] = [];
  const compare = (consumer: Consumer, isBad: boolean, why = ''): void => {
    const own = objections.some(({ by }) => by.includes(consumer));
    const isNamed = namedDifferences.some(([, of, isMeant]) => of.includes(consumer) && isMeant(text));
    if (own !== isBad && !isNamed) wrong.push(`${consumer}: ${isBad ? `refuses or loses it ${why}` : 'takes it'}`);
  };
  compare('Prometheus 2', !isTaken(text, scraped[0] as Scraped));
  compare('Prometheus 3', !isTaken(text, scraped[1] as Scraped));
  const isFailing = objections.some(isProblem);
  // Why not for what fails: the reader stops there, as Prometheus does.
  if (mutant.format === 'OpenMetrics' && !isFailing) compare('the reference parser', refusal !== '', refusal);
  const samples = [...families.values()].flatMap((family) => family.samples);
  const own = samples.map(({ name, labels, value }) => spell(name, labels, value)).sort();
  for (const { stored } of isFailing ? [] : scraped) {
    if (stored.toSorted().join('\n') !== own.join('\n'))
      wrong.push(`stored: ${stored.join(' ')}\nread: ${own.join(' ')}`);
  }
  return wrong.map((one) => [one, ...objections.map(formatObjection), JSON.stringify(text)].join('\n'));
}

/** Whether a scrape took the whole text, and kept each sample of it. */
function isTaken(text: string, { isUp, scraped, stored }: Scraped): boolean {
  // Why: Prometheus reads nothing from a NUL byte on, and counts only what it has read.
  // Why without what is quoted: a label value may go over several lines.
  const lines = text
    .replaceAll(/"(?:[^"\\]|\\.)*"/gs, '""')
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line)).length;
  return isUp && stored.length >= scraped && !(text.includes('\0') && scraped < lines);
}
