import type { Consumer, ExposedSample } from './exposition.js';
import type { ExpositionBuilder } from './exposition-builder.js';
import type { ReadLabels } from './labels.js';
import { parseGoFloat } from './parse-go-float.js';

/** promtool and the Pushgateway read the text format by the same code, which is not that of a scrape. */
export const textConsumers: readonly Consumer[] = ['promtool', 'the Pushgateway'];

interface Family {
  type?: string;
  hasHelp?: boolean;
}

const metadata = /^[ \t]*(HELP|TYPE)[ \t]+([a-zA-Z_:][\w:]*)?(?:([ \t]+)(.*))?(.*)$/s;

/** What promtool and the Pushgateway refuse of a text that Prometheus takes. */
export class TextRules {
  readonly #builder: ExpositionBuilder;
  readonly #families = new Map<string, Family>();

  constructor(builder: ExpositionBuilder) {
    this.#builder = builder;
  }

  /** Judges a comment by what stands after its `#`. */
  comment(at: number, text: string): void {
    const [, word, name, blanks = '', given = '', more = ''] = metadata.exec(text) ?? [];
    // Why also without a blank after the #: these two read such a comment as metadata.
    if (word === undefined) return;
    if (more !== '') this.#object(at, 'the name in this comment is no metric name');
    else if (name !== undefined && blanks !== '') this.#metadata(at, word, name, given);
  }

  #metadata(at: number, word: string, name: string, given: string): void {
    const family = this.#familyOf(name);
    if (given === '') return;
    if (word === 'HELP') this.#help(at, family, given);
    else this.#type(at, family, given);
  }

  sample(
    at: number,
    { name, labels, timestamp }: ExposedSample,
    { pairs, isWithoutComma }: ReadLabels,
    hasTrailingBlank: boolean,
  ): void {
    const family = this.#familyOf(name);
    family.type ??= 'untyped';
    if (isWithoutComma) this.#object(at, 'a comma is missing between two labels');
    for (const { written } of pairs) {
      if (written.includes('\n')) this.#object(at, 'a label value goes over several lines');
      else if (hasUnknownEscape(written, /\\[\\n"]/g)) this.#object(at, 'a label value has an unknown escape sequence');
    }
    const bound = family.type === 'histogram' ? 'le' : family.type === 'summary' ? 'quantile' : undefined;
    if (bound !== undefined && labels[bound] !== undefined && parseGoFloat(labels[bound]) === undefined) {
      this.#object(at, `the label ${bound} is no number`);
    }
    if (hasTrailingBlank) this.#object(at, 'the line ends with a blank');
    if (timestamp !== undefined) this.#builder.object(at, 'the sample has a timestamp', ['the Pushgateway']);
  }

  end(text: string): void {
    const last = text.lastIndexOf('\n') + 1;
    if (/[^ \t]/.test(text.slice(last))) this.#object(text.length, 'the last line does not end with a line feed');
  }

  #help(at: number, family: Family, text: string): void {
    if (family.hasHelp) this.#object(at, 'a second HELP stands here for one family');
    family.hasHelp = true;
    if (hasUnknownEscape(text, /\\[\\n]/g)) this.#object(at, 'the help text has an unknown escape sequence');
  }

  #type(at: number, family: Family, type: string): void {
    if (family.type !== undefined)
      this.#object(at, 'this TYPE is the second one of its family, or stands after its samples');
    else if (!knownTypes.includes(type.toLowerCase())) this.#object(at, 'the type is unknown');
    family.type ??= type.toLowerCase();
  }

  #familyOf(name: string): Family {
    const own = this.#families.get(name);
    if (own !== undefined) return own;
    for (const [ending, type] of endings) {
      if (!name.endsWith(ending)) continue;
      const stem = this.#families.get(name.slice(0, -ending.length));
      if (stem?.type === type) return stem;
    }
    const created: Family = {};
    this.#families.set(name, created);
    return created;
  }

  #object(at: number, what: string): void {
    this.#builder.object(at, what, textConsumers);
  }
}

const knownTypes = ['counter', 'gauge', 'histogram', 'summary', 'untyped', 'gauge_histogram'];

const endings: readonly (readonly [ending: string, type: string])[] = [
  ['_count', 'summary'],
  ['_sum', 'summary'],
  ['_count', 'histogram'],
  ['_sum', 'histogram'],
  ['_bucket', 'histogram'],
];

const hasUnknownEscape = (text: string, known: RegExp): boolean =>
  text.includes('\\') && text.replace(known, '').includes('\\');
