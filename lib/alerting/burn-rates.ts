import { round } from '../families/objective.js';

/** When errors come so fast that somebody must know. */
export interface BurnRate {
  readonly severity: 'page' | 'ticket';
  /** How many times faster than allowed the error budget is spent. */
  readonly factor: number;
  /** The window over which the budget is spent so fast. */
  readonly long: string;
  /** A short window at the end of the long one, in which that must hold too: so the alert ends soon after the errors. */
  readonly short: string;
}

/** Which part of the budget is spent within the long window. Source: The Site Reliability Workbook, chapter 5, table 5-8. */
const table = [
  { severity: 'page', part: 0.02, hours: 1, long: '1h', short: '5m' },
  { severity: 'page', part: 0.05, hours: 6, long: '6h', short: '30m' },
  { severity: 'ticket', part: 0.1, hours: 24, long: '1d', short: '2h' },
  { severity: 'ticket', part: 0.1, hours: 72, long: '3d', short: '6h' },
] as const;

/**
 * Lists the burn rates of an objective. Those that no ratio of errors can reach are left out: 14.4 times a budget of a tenth is
 * more than every event.
 */
export function listBurnRates(ratio: number, days: number): BurnRate[] {
  return table
    .map(({ part, hours, ...rest }) => ({ ...rest, factor: round((part * days * 24) / hours) }))
    .filter(({ factor }) => factor * (1 - ratio) < 1);
}
