import { expect } from 'chai';
import { Cursor } from '../../lib/exposition-reader/cursor.js';
import { type Exposition, formatObjection, isProblem } from '../../lib/exposition-reader/exposition.js';
import { readExposition } from '../../lib/exposition-reader/read-exposition.js';

const openMetrics = 'application/openmetrics-text; version=1.0.0';
const now = Date.UTC(2026, 10, 28);

const read = (text: string, contentType = 'text/plain'): Exposition =>
  readExposition(Buffer.from(text, 'latin1'), { contentType, now });

const samplesIn = ({ families }: Exposition): [name: string, labels: object, value: number][] =>
  [...families.values()].flatMap(({ samples }) => samples).map(({ name, labels, value }) => [name, labels, value]);

/** Each text that Prometheus takes, and what of it another consumer refuses. */
const taken: readonly (readonly [title: string, text: string, remark?: string | undefined, contentType?: string])[] = [
  ['blanks after a comma', 'a{x="1", y="2"} 1\n'],
  ['a blank before the labels', 'a {x="1"} 1\n'],
  ['blanks within the braces', 'a{ x="1" } 1\n'],
  ['a comma after the last label', 'a{x="1",} 1\n'],
  ['no blank before the value', 'a{x="1"}2\n'],
  ['empty braces', 'a{} 1\n'],
  ['tabs', 'a\t{\tx\t=\t"1"\t}\t1\n'],
  ['the values of Go', 'a Infinity\nb -inf\nc NaN\nd .5\ne 1.\nf +1E+5\n'],
  ['no text at all', ''],
  ['empty lines and comments', '\n \t\n# a comment\n#\n#HELPLESS\na 1\n'],
  ['two timestamps of one series, the newer one below', `a 1 ${now - 2000}\na 2 ${now - 1000}\n`, 'timestamp'],
  [
    'a trailing blank',
    'a 1 \n',
    'line 1, column 1: the line ends with a blank (promtool and the Pushgateway refuse it): a 1 ',
  ],
  ['no last line feed', 'a 1', 'the last line does not end with a line feed (promtool and the Pushgateway refuse it)'],
  [
    'TYPE after the samples',
    'a 1\n# TYPE a gauge\n',
    'line 2, column 1: this TYPE is the second one of its family, or stands after',
  ],
  ['a second HELP', '# HELP a A\n# HELP a A\na 1\n', 'line 2, column 1: a second HELP stands here'],
  ['a missing comma', 'a{x="1"y="2"} 1\n', 'a comma is missing between two labels'],
  ['a bound that is no number', '# TYPE a histogram\na_bucket{le="bla"} 1\n', 'the label le is no number'],
  ['an unknown escape sequence', 'a{x="\\d"} 1\n', 'unknown escape sequence'],
  ['a label value of two lines', 'a{x="1\n2"} 1\n', 'a label value goes over several lines'],
  [
    'a comma after the last label of OpenMetrics, where names are quoted',
    '{"a.b",x="1"} 1\n# EOF\n',
    'no metric name',
    `${openMetrics}; escaping=allow-utf-8`,
  ],
  ['a counter of OpenMetrics', '# TYPE a counter\na_total 1 # {trace_id="x"} 0.5 1.5\n# EOF\n', undefined, openMetrics],
  ['# EOF without a line feed', 'a 1\n# EOF', undefined, openMetrics],
  ['families of OpenMetrics in two places', 'a 1\nb 1\na{x="1"} 1\n# EOF\n', 'stands in two places', openMetrics],
  [
    'a histogram of OpenMetrics without +Inf',
    '# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n',
    'has no +Inf bucket',
    openMetrics,
  ],
  [
    'a counter of OpenMetrics without _total',
    '# TYPE a counter\na 1\n# EOF\n',
    'another one has a name like its samples',
    openMetrics,
  ],
];

/** Each text that fails a scrape of Prometheus or loses a sample, and where and why. */
const refused: readonly (readonly [title: string, text: string, problem: string, contentType?: string])[] = [
  [
    'a label that stands twice',
    'a{x="1",x="2"} 1\n',
    'line 1, column 9: a label stands here twice (Prometheus refuses it): a{x="1",x="2"} 1',
  ],
  ['__name__ as a label', 'a{__name__="b"} 1\n', 'line 1, column 3: __name__ is the name of the metric'],
  ['bytes that are no UTF-8', '\n\na{x="\xff"} 1\n', 'line 3, column 5: the label value is not UTF-8'],
  ['a help text that is no UTF-8', '# HELP a \xff\n', 'line 1, column 9: the help text is not UTF-8'],
  ['two blanks before a type', '#  TYPE  a  counter\n', 'line 1, column 12: the type is unknown'],
  ['the type unknown in the text format', '# TYPE a unknown\n', 'line 1, column 10: the type is unknown'],
  [
    'a series with its labels in another order',
    'a{x="1",y="2"} 1\na{y="2",x="1"} 2\n',
    'line 2, column 1: the series stands here a second time (Prometheus loses it): a{y="2"',
  ],
  ['a series with an empty label', 'a 1\na{x=""} 2\n', 'the series stands here a second time'],
  [
    'a bound in two spellings',
    '# TYPE a histogram\na_bucket{le="1"} 1\na_bucket{le="1.0"} 1\n',
    'another spelling of its bound (Prometheus 3 loses it)',
  ],
  [
    'a series again below another type',
    '# TYPE a histogram\na_bucket{le="1.0"} 1\n# TYPE b summary\na_bucket{le="1.0"} 1\n',
    'line 4, column 1: the series stands here a second time (Prometheus loses it)',
  ],
  [
    'a bound again below another type, in the spelling of Prometheus 3',
    '# TYPE a histogram\na_bucket{le="1"} 1\n# TYPE b gauge\na_bucket{le="1.0"} 1\n',
    'another spelling of its bound (Prometheus 3 loses it)',
  ],
  ['a name in quotes', '{"a.b"} 1\n', 'line 1, column 2: a name is quoted (Prometheus 2 refuses it)'],
  ['a blank before a name', ' a 1\n', 'blanks stand before the name'],
  [
    'a forgotten quote',
    'a{x="1} 1\nb{y="2"} 1\n',
    'line 1, column 5: the label value has no closing quote on its line',
  ],
  ['a value that is too large', 'a 1e400\n', 'line 1, column 3: the value is no number'],
  ['a hexadecimal value', 'a 0x1p3\n', 'the value is no number'],
  ['a missing value', 'a{x="1"}\n', 'line 1, column 9: the value is missing'],
  ['a timestamp in seconds', 'a 1 1795824000.5\n', 'more stands after the timestamp'],
  ['a timestamp that is too large', `a 1 ${'9'.repeat(1_000_000)}\n`, 'line 1, column 5: the timestamp is too large'],
  ['a label that stands 100,000 times', `a{${'x="1",'.repeat(100_000)}x=""} 1\na 1 x\n`, 'line 2, column 5'],
  ['a timestamp of yesterday', `a 1 ${now - 86_400_000}\n`, 'more than an hour old'],
  [
    'an older timestamp below a newer one',
    `a 1 ${now - 1000}\na 2 ${now - 2000}\n`,
    'the series stands here a second time',
  ],
  [
    'a NUL byte at the start of a line',
    'a 1\n\0b 1\n',
    'line 2, column 1: nothing is read from this NUL byte on (Prometheus loses it)',
  ],
  [
    'a NUL byte at the start of a comment',
    'a 1\n# \0 more\nb 1\n',
    'line 2, column 3: nothing is read from this NUL byte on',
  ],
  ['lines that end with a carriage return', 'a 1\r\n', 'the value is no number'],
  ['an exemplar in the text format', 'a_total 1 # {x="1"} 1\n', 'the timestamp is no whole number'],
  ['a page of HTML', '<html>\n', 'line 1, column 1: this is neither a sample nor a comment'],
  ['OpenMetrics without # EOF', 'a 1\n', '# EOF is missing at the end', openMetrics],
  ['more after # EOF', '# EOF\na 1\n', 'line 2, column 1: more stands after # EOF', openMetrics],
  ['an empty line in OpenMetrics', 'a 1\n\n# EOF\n', 'line 2, column 1: this is neither', openMetrics],
  ['a comment in OpenMetrics', '# more\n# EOF\n', 'OpenMetrics has no other comments', openMetrics],
  ['two blanks in OpenMetrics', 'a  1\n# EOF\n', 'line 1, column 3: the value is missing', openMetrics],
  ['a unit that is not in the name', '# UNIT a seconds\n# EOF\n', 'the name does not end with the unit', openMetrics],
  [
    'an exemplar of a gauge',
    'a 1 # {x="1"} 1\n# EOF\n',
    'neither _total nor _bucket (Prometheus 2 refuses it)',
    openMetrics,
  ],
  [
    'a comma after the last label in OpenMetrics',
    'a{x="1",} 1\n# EOF\n',
    'a comma stands after the last label (Prometheus 2 refuses it)',
    openMetrics,
  ],
];

describe('The reader of expositions, line by line', () => {
  for (const [title, text, remark, contentType] of taken) {
    it(`takes what Prometheus takes${remark === undefined ? '' : ', and remarks who else refuses it'}: ${title}`, () => {
      const { objections } = read(text, contentType);
      expect(objections.filter(isProblem).map(formatObjection)).to.deep.equal([]);
      const remarks = objections.map(formatObjection).join('\n');
      if (remark === undefined) expect(remarks).to.equal('');
      else expect(remarks).to.contain(remark);
    });
  }

  for (const [title, text, problem, contentType] of refused) {
    it(`finds what fails a scrape or loses a sample, and where: ${title}`, () => {
      const problems = read(text, contentType).objections.filter(isProblem).map(formatObjection);
      expect(problems.join('\n')).to.contain(problem);
    });
  }

  it('gives names, labels and values as they are meant', () => {
    const text = '# TYPE a counter\na{x="back\\\\slash \\"quoted\\"\\nline",y=""} +Inf\nb -0\n';
    expect(samplesIn(read(text))).to.deep.equal([
      ['a', { x: 'back\\slash "quoted"\nline', y: '' }, Infinity],
      ['b', {}, -0],
    ]);
  });

  it('puts the samples of a histogram, a summary and a counter of OpenMetrics into their families', () => {
    const text =
      '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n# TYPE b summary\nb{quantile="1"} 1\nb_sum 1\nb_count 1\n';
    const counter = '# TYPE c counter\nc_total 1\nc_created 1\n# EOF\n';
    const counts = (exposition: Exposition): [string, string, number][] =>
      [...exposition.families.values()].map(({ name, type, samples }) => [name, type, samples.length]);
    expect(counts(read(text))).to.deep.equal([
      ['a', 'histogram', 3],
      ['b', 'summary', 3],
    ]);
    expect(counts(read(counter, openMetrics))).to.deep.equal([['c', 'counter', 2]]);
  });

  it('reads what a content type in capitals names, and text where it names nothing', () => {
    expect(read('a 1\n# EOF\n', 'Application/OpenMetrics-Text; Version=1.0.0').format).to.equal('OpenMetrics');
    expect(read('a 1\n', 'Text/Plain').format).to.equal('text');
  });

  it('names the first of many like places, and how many more there are', () => {
    const [only, ...others] = read('a 1 \nb 1 \nc 1 \n').objections.map(formatObjection);
    expect(only).to.match(/^line 1, column 1, and 2 more: the line ends with a blank/);
    expect(others).to.deep.equal([]);
  });

  it('takes any bytes without throwing, and ends', () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256));
    for (let from = 0; from < bytes.length; from += 7) {
      for (const contentType of ['text/plain', openMetrics]) {
        expect(readExposition(bytes.subarray(from), { contentType }).objections).to.not.equal(undefined);
      }
    }
  });

  it('steps over each character a bounded number of times, however long a label value or a line is', () => {
    const long = 'x\\\\'.repeat(300_000);
    const lines = `a{x="${long}"} 1\n# HELP b ${long}\n${'c{y="'.repeat(100_000)}\n`;
    const { objections } = read(lines);
    expect(objections.map(({ line }) => line)).to.deep.equal([3]);
    expect(new Cursor('"'.padEnd(1_000_000, '\\\\')).quoted()).to.equal(undefined);
  });

  it('keeps less than sixteen times the bytes of a large exposition in memory', () => {
    const line = (i: number): string => `a_total{path="/orders/${i}",method="GET",status="200"} ${i}\n`;
    const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, i) => line(i)).join(''));
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const exposition = readExposition(bytes);
    globalThis.gc?.();
    expect(process.memoryUsage().heapUsed - before).to.be.below(16 * bytes.length);
    expect(exposition.samples).to.equal(50_000);
  });
});
