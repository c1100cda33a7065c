/** The two label values of each call. */
export interface LabelValues {
  readonly teams: readonly string[];
  readonly types: readonly string[];
}

const teams = Array.from({ length: 100 }, (_, i) => `team-${i}`);
const types = ['cluster', 'route', 'listener'];

/** The same 300 pairs again and again: identical string objects, or equal ones that were made afresh. */
export function labelValues(calls: number, fresh: boolean): LabelValues {
  const of = (values: readonly string[], step: number) =>
    Array.from({ length: calls }, (_, i) => {
      const value = values[Math.floor(i / step) % values.length] as string;
      return fresh ? copied(value) : value;
    });
  return { teams: of(teams, types.length), types: of(types, 1) };
}

/** Why through bytes: the copy is another object whose hash is not known yet, as when it came in with a request. */
const copied = (value: string): string => Buffer.from(value).toString('latin1');
