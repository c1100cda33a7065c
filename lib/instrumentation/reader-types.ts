import type { LabelPolicies, LabelPolicy, LabelValue, LabelValueOf } from '../families/labels.js';

/** Any method. Why `any`: with `unknown` parameters no user's method would be assignable. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type AnyMethod = (...args: any) => any;

/** What `this` is in a reader: the legacy decorator's target, or the standard decorator's `this`. */
export type Self<L, S> = unknown extends S ? L : S;

/** What a followed call ends with: a generator's return value, else the awaited result. */
// biome-ignore lint/suspicious/noExplicitAny: the yielded and sent types play no part.
type Ended<R> = R extends Generator<any, infer V, any> | AsyncGenerator<any, infer V, any> ? V : R;
type Result<M extends AnyMethod> = Ended<Awaited<ReturnType<M>>>;

export type FromArguments<T, M extends AnyMethod, R> = (this: T, ...args: Parameters<M>) => R;
export type FromResult<T, M extends AnyMethod, R> = (this: T, result: Result<M>, ...args: Parameters<M>) => R;
export type FromError<T, M extends AnyMethod, R> = (this: T, error: unknown, ...args: Parameters<M>) => R;

/** Where a label's value comes from; of two that apply the more specific wins: `result` or `error` before `args`. */
export interface Readers<T, M extends AnyMethod, V> {
  /** Reads the arguments, when the call has settled. */
  readonly args?: FromArguments<T, M, V>;
  /** Reads the awaited result of a call that returned. */
  readonly result?: FromResult<T, M, V>;
  /** Reads the reason of a call that threw or rejected. */
  readonly error?: FromError<T, M, V>;
}

/** What can be read when the call begins. */
export interface EarlyReader<T, M extends AnyMethod, V> {
  /** Reads the arguments, when the call begins. */
  readonly args?: FromArguments<T, M, V>;
  readonly result?: never;
  readonly error?: never;
}

type Plain<T, M extends AnyMethod, V> = V | FromArguments<T, M, V>;

/** The labels of a family declared in place: readers and policies together. */
export interface Labels<T, M extends AnyMethod, N extends string> {
  /** Per label: a constant, a reader of the arguments, or `{ args?, result?, error? }` with policies. */
  readonly labels?: { readonly [K in N]: Plain<T, M, LabelValue> | (Readers<T, M, LabelValue> & LabelPolicy) };
}

export interface EarlyLabels<T, M extends AnyMethod, N extends string> {
  /** Per label: a constant, a reader of the arguments, or `{ args }` with policies. */
  readonly labels?: { readonly [K in N]: Plain<T, M, LabelValue> | (EarlyReader<T, M, LabelValue> & LabelPolicy) };
}

/** The labels of a shared family: readers only; the policies are the family's and type the values. */
export interface FamilyLabels<T, M extends AnyMethod, P extends LabelPolicies> {
  /** Per label of the family: a constant, a reader of the arguments, or `{ args?, result?, error? }`. */
  readonly labels: { readonly [K in keyof P]: Plain<T, M, LabelValueOf<P[K]>> | Readers<T, M, LabelValueOf<P[K]>> };
}

export interface EarlyFamilyLabels<T, M extends AnyMethod, P extends LabelPolicies> {
  /** Per label of the family: a constant, or a reader of the arguments. */
  readonly labels: { readonly [K in keyof P]: Plain<T, M, LabelValueOf<P[K]>> | EarlyReader<T, M, LabelValueOf<P[K]>> };
}
