import type { LabelPolicies, LabelPolicy, LabelValue, LabelValueOf } from '../families/labels.js';
import type { AnyMethod } from './call.js';

/** What `this` is in a reader: the legacy decorator's target, or the standard decorator's `this`. */
export type ReaderThis<L, S> = unknown extends S ? L : S;

/** What a tracked call completes with: a generator's return value, else the awaited result. */
// biome-ignore lint/suspicious/noExplicitAny: the yielded and sent types play no part.
type Completed<R> = R extends Generator<any, infer V, any> | AsyncGenerator<any, infer V, any> ? V : R;
type Result<M extends AnyMethod> = [CallbackResult<M>] extends [never]
  ? Completed<Awaited<ReturnType<M>>>
  : CallbackResult<M> | (ReturnType<M> extends void ? undefined : Completed<Awaited<ReturnType<M>>>);

/** The type of the last argument of a method. */
type LastArgument<M extends AnyMethod> =
  Required<Parameters<M>> extends readonly [...unknown[], infer Last] ? Last : never;

/** What a callback gets that takes an error or nothing first; `never` where the last argument is no such function. */
type CallbackResult<M extends AnyMethod> = [LastArgument<M>] extends [never]
  ? never
  : // biome-ignore lint/suspicious/noExplicitAny: any callback.
    LastArgument<M> extends (...args: infer A extends any[]) => unknown
    ? // biome-ignore lint/suspicious/noExplicitAny: whatever follows the result.
      Required<A> extends readonly [unknown, infer V, ...any[]]
      ? IsNullable<A[0]> extends true
        ? V | undefined
        : never
      : never
    : never;

type IsNullable<E> = 0 extends 1 & E ? false : null extends E ? true : undefined extends E ? true : false;

/** What can complete a call of this method: a callback only where the last argument is a function. */
export type Completion<M extends AnyMethod> = [LastArgument<M>] extends [never]
  ? unknown[] extends Parameters<M>
    ? 'result' | 'callback'
    : 'result'
  : LastArgument<M> extends AnyMethod
    ? 'result' | 'callback'
    : 'result';

/** What may be recorded: a number, or a BigInt that a number holds exactly. */
export type Amount = number | bigint;

/** Reads the arguments of a call. `this` is the instance. */
export type FromArguments<T, M extends AnyMethod, R> = (this: T, ...args: Parameters<M>) => R;
/** Reads the awaited result of a call that returned, and its arguments. */
export type FromResult<T, M extends AnyMethod, R> = (this: T, result: Result<M>, ...args: Parameters<M>) => R;
/** Reads the reason of a call that threw or rejected, and its arguments. */
export type FromError<T, M extends AnyMethod, R> = (this: T, error: unknown, ...args: Parameters<M>) => R;

/** The readers of one label. Where two apply, the more specific one wins: `result` or `error` before `args`. */
export interface LabelSources<T, M extends AnyMethod, V> {
  /** Reads the arguments, when the call has settled. */
  readonly args?: FromArguments<T, M, V>;
  /** Reads the awaited result of a call that returned. */
  readonly result?: FromResult<T, M, V>;
  /** Reads the reason of a call that threw or rejected. */
  readonly error?: FromError<T, M, V>;
}

/** The readers of one label that is read when the call starts. */
export interface EarlyLabelSources<T, M extends AnyMethod, V> {
  /** Reads the arguments, when the call starts. */
  readonly args?: FromArguments<T, M, V>;
  /** Not possible: there is no result when the call starts. */
  readonly result?: never;
  /** Not possible: there is no error when the call starts. */
  readonly error?: never;
}

type ConstantOrReader<T, M extends AnyMethod, V> = V | FromArguments<T, M, V>;

/** The labels of a family declared in place: readers and policies together. */
export interface LabelOptions<T, M extends AnyMethod, N extends string> {
  /** Per label: a constant, a reader of the arguments, or `{ args?, result?, error? }` with policies. */
  readonly labels?: {
    readonly [K in N]: ConstantOrReader<T, M, LabelValue> | (LabelSources<T, M, LabelValue> & LabelPolicy);
  };
}

/** The labels of a family declared in place that are read when the call starts. */
export interface EarlyLabelOptions<T, M extends AnyMethod, N extends string> {
  /** Per label: a constant, a reader of the arguments, or `{ args }` with policies. */
  readonly labels?: {
    readonly [K in N]: ConstantOrReader<T, M, LabelValue> | (EarlyLabelSources<T, M, LabelValue> & LabelPolicy);
  };
}

/** The readers of the labels of a declared family. Policies are not among them: the family has them, and they type the values. */
type FamilyLabelReaders<T, M extends AnyMethod, P extends LabelPolicies> = {
  readonly [K in keyof P]: ConstantOrReader<T, M, LabelValueOf<P[K]>> | LabelSources<T, M, LabelValueOf<P[K]>>;
};

/** The readers of the labels of a declared family that are read when the call starts. */
type EarlyFamilyLabelReaders<T, M extends AnyMethod, P extends LabelPolicies> = {
  readonly [K in keyof P]: ConstantOrReader<T, M, LabelValueOf<P[K]>> | EarlyLabelSources<T, M, LabelValueOf<P[K]>>;
};

/** The option `labels`; it may be left out where the family has no labels. */
type LabelsOf<P extends LabelPolicies, Readers> = {} extends P
  ? {
      /** There are none to read. */
      readonly labels?: [keyof P] extends [never] ? Readonly<Record<string, never>> : Readers;
    }
  : {
      /** Per label of the family: a constant, a reader of the arguments, or `{ args?, result?, error? }`. */
      readonly labels: Readers;
    };

/** The labels of a declared family. */
export type FamilyLabelOptions<T, M extends AnyMethod, P extends LabelPolicies> = LabelsOf<
  P,
  FamilyLabelReaders<T, M, P>
>;

/** The labels of a declared family that are read when the call starts. */
export type EarlyFamilyLabelOptions<T, M extends AnyMethod, P extends LabelPolicies> = LabelsOf<
  P,
  EarlyFamilyLabelReaders<T, M, P>
>;

/** Nothing may follow a family without labels; with labels, nothing that could be given would be right. */
export type NothingIfUnlabelled<P extends LabelPolicies> = {} extends P ? readonly [] : readonly [options: never];
