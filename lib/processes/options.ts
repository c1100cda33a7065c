import { formatCount, type Problem } from '../error.js';
import type { Advice } from '../recorder/reports.js';
import type { Scrapable } from '../store/exposed-family.js';
import { scrapableRule } from '../store/scrapable.js';
import {
  checkOptions,
  checkValue,
  countRule,
  flagRule,
  functionRule,
  isText,
  type Rule,
  type Rules,
} from '../validation.js';

/** The options of a `MetricsAggregator`; all may be left out. */
export interface AggregatorOptions {
  /** A recorder of this process, which is merged with the others. Default: none. */
  readonly recorder?: Scrapable | undefined;
  /** Whether the process metrics of prom-client are exposed for this process too, with the label `worker="0"`. Default `true` where there is a recorder. */
  readonly processMetrics?: boolean | undefined;
  /** The path of the Unix socket at which unrelated processes publish. Default: `FLOWPLANE_METRICS_SOCKET`, else none. */
  readonly socket?: string | undefined;
  /** How many processes and threads may publish at a time. Default 1,000. */
  readonly maxSources?: number | undefined;
  /** How many series there may be once they are merged. Default 100,000. */
  readonly maxSeries?: number | undefined;
  /** How many bytes one publication of a source may have. Default 64 MiB. */
  readonly maxFrameBytes?: number | undefined;
  /** Is called once for each piece of advice. Default: a process warning. */
  readonly onAdvice?: ((advice: Advice) => void) | undefined;
}

/** The options of `publishMetrics`; all may be left out. */
export interface PublishOptions {
  /** Every how many seconds what has changed is published: where the process is killed, it loses what it has counted since. Default 0.5. */
  readonly intervalSeconds?: number | undefined;
  /** Every how many seconds collectors run and process metrics are read; they may take as long, and at least a second. Default 5. */
  readonly collectSeconds?: number | undefined;
  /** Whether the process metrics of prom-client are published too, where it is installed. Default `true`, but `false` in a thread. */
  readonly processMetrics?: boolean | undefined;
  /** The path of the Unix socket to publish to. Default: `FLOWPLANE_METRICS_SOCKET`, else the process that has started this one. */
  readonly socket?: string | undefined;
  /** Is called once for each piece of advice. Default: a process warning. */
  readonly onAdvice?: ((advice: Advice) => void) | undefined;
}

/** The limits of an aggregator, with the defaults filled in. */
export interface AggregatorLimits {
  readonly maxSources: number;
  readonly maxSeries: number;
  readonly maxFrameBytes: number;
  /** How many cells a source may have. */
  readonly maxCells: number;
  /** How long a process that lives may take to connect again, before it counts as away. */
  readonly reconnectSeconds: number;
}

type DefaultLimits = Omit<AggregatorLimits, 'maxCells' | 'reconnectSeconds'>;

/** How many cells a series may have on average. */
const cellsPerSeries = 16;

const defaultLimits: DefaultLimits = { maxSources: 1000, maxSeries: 100_000, maxFrameBytes: 64 * 1024 * 1024 };

export const limitsOf = ({
  maxSources = defaultLimits.maxSources,
  maxSeries = defaultLimits.maxSeries,
  maxFrameBytes = defaultLimits.maxFrameBytes,
}: AggregatorOptions): AggregatorLimits => ({
  maxSources,
  maxSeries,
  maxFrameBytes,
  maxCells: maxSeries * cellsPerSeries,
  reconnectSeconds: 10,
});

const secondsRule = (remedy: string): Rule => ({
  must: 'be a number of seconds from 0.01 to 3,600',
  accepts: (value) => typeof value === 'number' && value >= 0.01 && value <= 3600,
  remedy,
});
const pathRule: Rule = {
  must: 'be the path of a socket',
  accepts: isText,
  remedy: 'Write for example "/run/app/metrics/metrics.sock"',
};
const limitRule = (name: keyof DefaultLimits): Rule =>
  countRule(`Leave it out for ${formatCount(defaultLimits[name])}`);

const aggregatorRules: Rules = {
  recorder: scrapableRule,
  processMetrics: flagRule('Leave it out for true'),
  socket: pathRule,
  maxSources: limitRule('maxSources'),
  maxSeries: limitRule('maxSeries'),
  maxFrameBytes: limitRule('maxFrameBytes'),
  onAdvice: functionRule('Leave it out for a process warning'),
};

const publishRules: Rules = {
  intervalSeconds: secondsRule('Leave it out for 0.5'),
  collectSeconds: secondsRule('Leave it out for 5'),
  processMetrics: flagRule('Leave it out for true'),
  socket: pathRule,
  onAdvice: functionRule('Leave it out for a process warning'),
};

/** Finds everything that is wrong with the options of an aggregator. */
export const checkAggregatorOptions = (options: unknown): Problem[] => checkOptions(options, aggregatorRules);

/** Finds everything that is wrong with what is to be published, and how. */
export const checkPublishing = (recorder: unknown, options: unknown): Problem[] => [
  ...checkValue('"recorder"', scrapableRule, recorder ?? null),
  ...checkOptions(options, publishRules),
];
