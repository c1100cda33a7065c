import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Consumer, isProblem, type Objection } from '../../lib/exposition-reader/exposition.js';
import { readExposition } from '../../lib/exposition-reader/read-exposition.js';
import { ListeningProcess } from '../listening-process.js';
import { needs } from '../needs.js';
import { type Case, contentTypes, refusalsOfReferenceParser, type Scraped, Served, scrapeAll } from './judges.js';

const document = fileURLToPath(new URL('../../../docs/reference/consumers.md', import.meta.url));

type Verdict = 'takes' | 'refuses' | 'loses' | '–';

const consumers: readonly Consumer[] = [
  'Prometheus 2',
  'Prometheus 3',
  'promtool',
  'the Pushgateway',
  'the reference parser',
];

/** What is exposed, in words as they stand in the document, and as bytes. */
type Row = readonly [words: string, text: string];

const now = Date.now();
const textRows: readonly Row[] = [
  ['blanks in and around braces: `a { x = "1" , } 1`', 'a { x = "1" , } 1\n'],
  ['no blank before the value: `a{x="1"}2`', 'a{x="1"}2\n'],
  ['`Infinity`, `nan`, `.5`, `1.`', 'a Infinity\nb nan\nc .5\nd 1.\n'],
  ['an empty answer', ''],
  ['no comma between labels: `a{x="1"y="2"} 1`', 'a{x="1"y="2"} 1\n'],
  ['a blank at the end of a line', 'a 1 \n'],
  ['no line feed at the end of the last line', 'a 1'],
  ['`# TYPE` after the samples', 'a 1\n# TYPE a gauge\n'],
  ['a second `# HELP`', '# HELP a A\n# HELP a A\na 1\n'],
  ['a bound that is no number: `le="bla"`', '# TYPE a histogram\na_bucket{le="bla"} 1\na_sum 1\na_count 1\n'],
  ['a label value with an unknown escape sequence: `a{x="\\d"} 1`', 'a{x="\\d"} 1\n'],
  ['a label value that goes over two lines', 'a{x="1\n2"} 1\n'],
  ['a label twice, once empty: `a{x="",x="1"} 1`', 'a{x="",x="1"} 1\n'],
  ['a sample with the time of a minute ago', `a 1 ${now - 60_000}\n`],
  ['a name in quotes, unasked: `{"a.b"} 1`', '{"a.b"} 1\n'],
  ['a blank before a name: ` a 1`', ' a 1\n'],
  [
    'a bound in two spellings: `le="1"`, `le="1.0"`',
    '# TYPE a histogram\na_bucket{le="1"} 1\na_bucket{le="1.0"} 1\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
  ['a label twice: `a{x="1",x="2"} 1`', 'a{x="1",x="2"} 1\n'],
  ['`__name__` as a label', 'a{__name__="b"} 1\n'],
  ['bytes that are no UTF-8', 'a{x="\xff"} 1\n'],
  ['two blanks before a type: `# TYPE a  counter`', '# TYPE a  counter\na 1\n'],
  ['`# TYPE a unknown`', '# TYPE a unknown\na 1\n'],
  ['a number that is too large: `1e400`', 'a 1e400\n'],
  ['lines that end with a carriage return', 'a 1\r\n'],
  ['a series twice, its labels in another order', 'a{x="1",y="2"} 1\na{y="2",x="1"} 2\n'],
  ['a sample with the time of yesterday', `a 1 ${now - 86_400_000}\n`],
  ['a NUL byte at the start of a line', 'a 1\n\0\nb 1\n'],
];
const openMetricsRows: readonly Row[] = [
  ['no line feed after `# EOF`', 'a 1\n# EOF'],
  ['a family in two places', 'a 1\nb 1\na{x="1"} 1\n# EOF\n'],
  ['a counter without `_total`', '# TYPE a counter\na 1\n# EOF\n'],
  ['a histogram without its `+Inf` bucket', '# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n'],
  ['`# HELP` after the samples', 'a 1\n# HELP a A\n# EOF\n'],
  ['a negative counter', '# TYPE a counter\na_total -1\n# EOF\n'],
  ['a comma after the last label: `a{x="1",} 1`', 'a{x="1",} 1\n# EOF\n'],
  ['an exemplar of a gauge', '# TYPE a gauge\na 1 # {x="1"} 1\n# EOF\n'],
  ['an empty answer', ''],
  ['no `# EOF`', 'a 1\n'],
  ['an empty line, or a comment', 'a 1\n\n# more\n# EOF\n'],
  ['two blanks: `a  1`', 'a  1\n# EOF\n'],
  ['a unit that is not in the name', '# UNIT a seconds\na 1\n# EOF\n'],
];

const rows = [
  ...textRows.map((row) => ['text', ...row] as const),
  ...openMetricsRows.map((row) => ['OpenMetrics', ...row] as const),
];
const cases: Case[] = rows.map(([format, , text]) => ({ format, bytes: Buffer.from(text, 'latin1') }));

describe('The table of what each consumer takes', () => {
  it('equals what the consumers do, and what the doctor makes of it', async function () {
    for (const server of [
      'prometheus',
      'prometheus-3',
      'promtool',
      'prometheus-pushgateway',
      'python3-prometheus-client',
    ])
      needs(this, server);
    const served = await Served.start(cases);
    const scrapes = ['prometheus', 'prometheus-3'].map((command) => scrapeAll(command, served, cases.length, '2s'));
    const [two = [], three = []] = await Promise.all(scrapes).finally(() => served.stop());
    const pushed = await pushAll();
    const refusals = refusalsOfReferenceParser(cases.map(({ bytes }) => bytes));
    const lines = cases.map(({ format, bytes }, i) => {
      const isText = format === 'text';
      const { objections } = readExposition(bytes, { contentType: contentTypes[format], now });
      const verdicts: Verdict[] = [
        verdictOf(bytes, two[i] as Scraped),
        verdictOf(bytes, three[i] as Scraped),
        isText ? checkByPromtool(bytes) : '–',
        isText ? (pushed[i] as Verdict) : '–',
        isText ? '–' : refusals[i] === '' ? 'takes' : 'refuses',
      ];
      expectToAgree(rows[i]?.[1] ?? '', objections, verdicts);
      return `| ${rows[i]?.[1]} | ${(isText ? verdicts.slice(0, 4) : [...verdicts.slice(0, 2), verdicts[4]]).join(' | ')} | ${judgementOf(objections)} |`;
    });
    const found = readFileSync(document, 'utf8')
      .split('\n')
      .filter((line) => /^\| [^-|]/.test(line) && !line.startsWith('| exposed'));
    expect(found.join('\n')).to.equal(lines.join('\n'));
  });
});

const judgementOf = (objections: readonly Objection[]): string =>
  objections.some(isProblem) ? 'problem' : objections.length > 0 ? 'remark' : 'ok';

/** Compares what the reader says of each consumer; of those that are no Prometheus only where Prometheus takes it. */
function expectToAgree(title: string, objections: readonly Objection[], verdicts: readonly Verdict[]): void {
  const isFailing = objections.some(isProblem);
  for (const [i, consumer] of consumers.entries()) {
    if (verdicts[i] === '–' || (isFailing && i > 1)) continue;
    const objects = objections.some(({ by }) => by.includes(consumer));
    expect(objects, `${title}: ${consumer} ${verdicts[i]}`).to.equal(verdicts[i] !== 'takes');
  }
}

function verdictOf(bytes: Uint8Array, { isUp, scraped, stored }: Scraped): Verdict {
  if (!isUp) return 'refuses';
  return stored.length < scraped || bytes.includes(0) ? 'loses' : 'takes';
}

function checkByPromtool(input: Uint8Array): Verdict {
  const { stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  return stderr.includes('error while linting') ? 'refuses' : 'takes';
}

async function pushAll(): Promise<Verdict[]> {
  const args = ['--web.listen-address=127.0.0.1:0', '--persistence.file='];
  const gateway = await ListeningProcess.start('prometheus-pushgateway', args);
  const verdicts: Verdict[] = [];
  for (const [i, { bytes }] of cases.entries()) {
    const headers = { 'Content-Type': contentTypes.text, connection: 'close' };
    const { ok } = await fetch(`${gateway.url}/metrics/job/j${i}`, {
      method: 'POST',
      headers,
      body: Buffer.from(bytes),
    });
    // Why: what is kept would have to agree with what is pushed next.
    await fetch(`${gateway.url}/metrics/job/j${i}`, { method: 'DELETE', headers: { connection: 'close' } });
    verdicts.push(ok ? 'takes' : 'refuses');
  }
  await gateway.stop();
  return verdicts;
}
