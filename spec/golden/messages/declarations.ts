import {
  defineCounter,
  defineGauge,
  defineHistogram,
  exponentialBuckets,
  linearBuckets,
  PrometheusRecorder,
} from '../entries.js';
import type { Case, Cases, Untyped } from './cases.js';

const fine = { name: 'x_total', help: 'X' };
const counter =
  (options: Untyped): Case =>
  () =>
    defineCounter({ ...fine, ...options });
/** A counter that the recorder refuses, which does not take all names. */
const opened =
  (options: Untyped): Case =>
  () =>
    new PrometheusRecorder().open(defineCounter({ ...fine, ...options }));
const gauge =
  (options: Untyped): Case =>
  () =>
    defineGauge({ name: 'x', help: 'X', ...options });
const histogram =
  (options: Untyped): Case =>
  () =>
    defineHistogram({ name: 'x', help: 'X', ...options });
const label = (policy: unknown): Case => counter({ labels: { team: policy } });

/** What is wrong with shared families. */
export const families: Cases = {
  'everything is missing': () => defineCounter({} as Untyped),
  'a name with a hyphen': opened({ name: 'a-b' }),
  'a name that begins with a digit': opened({ name: '1a' }),
  'an empty name': counter({ name: '' }),
  'a name that is a number': counter({ name: 42 }),
  'a name without a legal letter': opened({ name: '-' }),
  'a name with leading underscores and a space': opened({ name: '__a b' }),
  'an empty help': counter({ help: '' }),
  'a help that is a list': counter({ help: ['X', 1, undefined] }),
  'a unit of two words': gauge({ unit: 'per second' }),
  'a unit that is a function': gauge({ unit: () => 'bytes' }),
  'a unit that is an object': gauge({ unit: {} }),
  'a unit that is null': gauge({ unit: null }),
  'a unit that is a very long text': gauge({ unit: `${'u '.repeat(60)}` }),
  'a maxSeries of 0': counter({ maxSeries: 0 }),
  'a maxSeries of 1.5': counter({ maxSeries: 1.5 }),
  'an expireAfterSeconds of -1': counter({ expireAfterSeconds: -1 }),
  'an expireAfterSeconds that is a text': counter({ expireAfterSeconds: '60' }),
  'an unknown aggregator': gauge({ aggregator: 'mean' }),
  'an unknown option of a counter': counter({ label: {} }),
  'buckets of a counter': counter({ buckets: [1] }),
  'an unknown option of a histogram': histogram({ bucket: [1] }),
  'labels that are a list': counter({ labels: ['team'] }),
  'labels that are null': counter({ labels: null }),
  'labels that are a text': counter({ labels: 'team' }),
  'a label without a policy object': label('payments'),
  'an unknown policy': label({ oneof: ['a'] }),
  'a label name with a hyphen': opened({ labels: { 'a-b': {} } }),
  'a label name with two underscores first': counter({ labels: { __team: {} } }),
  'a label le of a histogram': histogram({ labels: { le: {} } }),
  'an empty oneOf': label({ oneOf: [] }),
  'a oneOf that repeats a value': label({ oneOf: ['a', 'a'] }),
  'a oneOf with a number': label({ oneOf: [1] }),
  'a limit of 0': label({ limit: 0 }),
  'a hash that is a text': label({ hash: 'yes' }),
  'an unknown sensitive': label({ sensitive: 'hide' }),
  'initial all with an open label': counter({ labels: { a: { oneOf: ['x'] }, b: {} }, initial: 'all' }),
  'an initial that is a number': counter({ initial: 1 }),
  'an initial with an unknown label': counter({ labels: { a: {} }, initial: [{ a: 'x' }, { b: 'x' }] }),
  'an initial with null': counter({ labels: { a: {} }, initial: [null] }),
  'buckets that are no list': histogram({ buckets: 5 }),
  'buckets that descend': histogram({ buckets: [1, 5, 2] }),
  'buckets that repeat': histogram({ buckets: [1, 1] }),
  'buckets with NaN': histogram({ buckets: [Number.NaN] }),
  'buckets with infinity in the middle': histogram({ buckets: [1, Infinity, 2] }),
  'too many buckets': histogram({ buckets: Array.from({ length: 1001 }, (_, i) => i) }),
  'native that is a number': histogram({ native: 3 }),
  'native of a counter': counter({ native: true }),
  'an unknown option of native': histogram({ native: { factors: 1.1 } }),
  'a native factor of 1': histogram({ native: { factor: 1 } }),
  'too many native buckets': histogram({ native: { maxBuckets: 10_001 } }),
  'a native zero threshold below 0': histogram({ native: { zeroThreshold: -1 } }),
  'a native maximum below the zero threshold': histogram({ native: { zeroThreshold: 2, maxZeroThreshold: 1 } }),
  'native buckets that are reset at once': histogram({ native: { resetAfterSeconds: 0 } }),
  'everything is wrong': histogram({ name: '', help: 1, unit: 1, labels: { le: 1 }, buckets: [2, 1], maxSeries: -1 }),
  'linear buckets without a width': () => linearBuckets(1, 0, 3),
  'linear buckets that are none': () => linearBuckets(1, 1, 0),
  'linear buckets of a text': () => linearBuckets('1' as Untyped, 1, 1.5),
  'exponential buckets from 0': () => exponentialBuckets(0, 2, 3),
  'exponential buckets beyond numbers': () => exponentialBuckets(1, 1e300, 3),
  'too many exponential buckets': () => exponentialBuckets(1, 1.001, 1001),
};

const recorder =
  (options: Untyped): Case =>
  () =>
    new PrometheusRecorder(options);

/** What is wrong with the options of a recorder. */
export const recorderOptions: Cases = {
  'options that are null': recorder(null),
  'options that are a list': recorder([]),
  'options that are a text': recorder('prefix'),
  'an unknown option': recorder({ prefx: 'a_' }),
  'a created that is a text': recorder({ created: 'yes' }),
  'nativeHistograms that are options': recorder({ nativeHistograms: { factor: 1.1 } }),
  'a hashKey that is a number': recorder({ hashKey: 42 }),
  'a hashKey that is null': recorder({ hashKey: null }),
  'processMetrics that is a number': recorder({ processMetrics: 1 }),
  'a strict that is a text': recorder({ strict: 'true' }),
  'an onError that is an object': recorder({ onError: {} }),
  'an onAdvice that is true': recorder({ onAdvice: true }),
  'a clock that is a number': recorder({ clock: 0 }),
  'a registry that is none': recorder({ registry: {} }),
  'a prefix with a hyphen': recorder({ prefix: 'a-' }),
  'a nameValidation that there is not': recorder({ nameValidation: 'utf-8' }),
  'a maxSeriesPerFamily of 0': recorder({ maxSeriesPerFamily: 0 }),
  'a maxSamples that is a text': recorder({ maxSamples: 'many' }),
  'a constant label with an illegal name': recorder({ constantLabels: { 'a-b': 'x' } }),
  'a constant label le': recorder({ constantLabels: { le: 'x' } }),
  'a constant label quantile': recorder({ constantLabels: { quantile: 'x' } }),
  'a constant label that is a number': recorder({ constantLabels: { region: 1 } }),
  'everything is wrong': recorder({ prefix: '', maxSamples: 0, clock: 'now', other: 1 }),
};
