/** Who reads expositions. They do not agree on every text, so an objection names those that object. */
export type Consumer = 'Prometheus 2' | 'Prometheus 3' | 'promtool' | 'the Pushgateway' | 'the reference parser';

/** Both versions of Prometheus: what they read alike. */
export const prometheus: readonly Consumer[] = ['Prometheus 2', 'Prometheus 3'];

/** One sample of an exposition. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds, where the exposition gives the time of the sample. */
  readonly timestamp?: number;
}

/** A family of an exposition, and the samples that belong to it. */
export interface ExposedFamily {
  readonly name: string;
  type: string;
  readonly samples: ExposedSample[];
  /** The length of its sample lines. */
  bytes: number;
}

/** What a consumer does with what it objects to: it refuses the whole exposition, or loses a sample. */
export type Effect = 'refuse' | 'lose';

/** One thing that a consumer objects to, at the first place where it stands. */
export interface Objection {
  readonly line: number;
  readonly column: number;
  /** What is wrong, in words. */
  readonly what: string;
  /** The start of the line. */
  readonly excerpt: string;
  readonly by: readonly Consumer[];
  readonly effect: Effect;
  /** How many further places have the same. */
  readonly others: number;
}

/** What an exposition contains, and what its consumers object to, in the order of the lines. */
export interface Exposition {
  readonly format: 'text' | 'OpenMetrics';
  readonly families: ReadonlyMap<string, ExposedFamily>;
  readonly samples: number;
  readonly objections: readonly Objection[];
}

/** Whether a scrape of Prometheus fails by it, or loses a sample. What only others object to is a remark. */
export const isProblem = ({ by }: Objection): boolean => by.some((consumer) => prometheus.includes(consumer));

/** Formats an objection: `line 2, column 9: the value is no number (Prometheus refuses it): a{b="c"} one` */
export function formatObjection({ line, column, what, excerpt, by, effect, others }: Objection): string {
  const names = by.length > 1 && prometheus.every((one) => by.includes(one)) ? ['Prometheus'] : by;
  const verb = effect === 'refuse' ? 'refuse' : 'lose';
  const who = `${names.join(' and ')} ${verb}${names.length === 1 ? 's' : ''} it`;
  const more = others === 0 ? '' : `, and ${others} more`;
  return `line ${line}, column ${column}${more}: ${what} (${who}): ${excerpt}`;
}
