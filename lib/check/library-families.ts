import { declareMethodCalls, declareMethodDuration } from '../decorators/method-metrics.js';
import type { Family } from '../families/family.js';
import { conventions, defineRequestFamilies } from '../http/request-families.js';
import { exporterFamilies } from '../otlp/export-metrics.js';
import { endpointFamilies } from '../server/endpoint-metrics.js';
import { selfFamilies } from '../store/self-metrics.js';
import { loopFamilies } from '../thread/loop-metrics.js';
import type { KnownFamily, KnownNames } from './known-names.js';

/**
 * Adds the families that this library, Prometheus and a Pushgateway expose, whatever the code declares.
 *
 * @param prefix of the recorder, which is before the names of what it records.
 */
export function addLibraryFamilies(names: KnownNames, prefix = ''): void {
  for (const family of ownFamilies) names.add(toKnown(family, names, true));
  for (const family of listRequestFamilies()) {
    names.add({ ...toKnown(family, names, false), name: prefix + family.name });
  }
  for (const [name, kind, label] of aggregatorFamilies) {
    const labels = names.withTargetLabels([], label === undefined ? [] : [label]);
    names.add({ name, kind, isOwn: true, labels, values: new Map(), startsAtZero: kind === 'counter' });
  }
  for (const name of [...ofPrometheus, ...ofPushgateway]) {
    names.add({
      name,
      kind: 'gauge',
      isOwn: false,
      labels: names.withTargetLabels([], [], true),
      values: new Map(),
    });
  }
}

/**
 * Adds the metrics of the process, which prom-client gives. Add what others expose before: they may have the same names.
 *
 * @param absence why the service does not expose them, where that is known.
 */
export function addProcessFamilies(names: KnownNames, absence?: string): void {
  for (const [name, kind, labels = []] of processFamilies) {
    const family = { name, kind, isOwn: false, labels: names.withTargetLabels([], labels, true), values: new Map() };
    names.add(absence === undefined ? family : { ...family, absence });
  }
}

/** The name, behind a prefix, of a metric that every client has for its process on every platform. */
export const processLandmark = /process_cpu_seconds(?:_total)?$/;

const ownFamilies = [...selfFamilies, ...endpointFamilies, ...exporterFamilies, ...loopFamilies];

/** What `httpMetrics` and `@Instrumented` record. Why apart: an application may record others under these names. */
function listRequestFamilies(): Family[] {
  const requests = Object.keys(conventions).flatMap((convention) => {
    const { duration, size, active } = defineRequestFamilies({ names: convention as keyof typeof conventions });
    return [duration, size, active];
  });
  return [...requests, declareMethodCalls('', {}), declareMethodDuration('', {})];
}

function toKnown({ name, kind, labels, buckets, initial }: Family, names: KnownNames, isOwn: boolean): KnownFamily {
  const closed = Object.entries(labels).filter(([, { oneOf }]) => oneOf !== undefined);
  return {
    name,
    kind,
    isOwn,
    // Why only possible: these labels are absent where there is nothing to say.
    labels: names.withTargetLabels([], Object.keys(labels), !isOwn),
    values: new Map(isOwn ? closed.map(([label, { oneOf = [] }]) => [label, oneOf]) : []),
    // Why not of the others: an application chooses the buckets of these.
    ...(isOwn && { buckets }),
    startsAtZero: initial === 'all' || initial.length > 0,
  };
}

/** What an aggregator says about its sources. A spec compares this with an aggregator. */
export const aggregatorFamilies: readonly (readonly [name: string, kind: 'counter' | 'gauge', label?: string])[] = [
  ['flowplane_metrics_sources', 'gauge'],
  ['flowplane_metrics_source_age_seconds', 'gauge', 'source'],
  ['flowplane_metrics_source_failures_total', 'counter', 'reason'],
];

/** What Prometheus itself adds. Source: Prometheus, "Jobs and instances" and "Feature flags"; "Alerting rules". */
const ofPrometheus = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_post_metric_relabeling',
  'scrape_samples_scraped',
  'scrape_series_added',
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
  'ALERTS',
  'ALERTS_FOR_STATE',
];

/** What a Pushgateway adds to each group. Source: Pushgateway, "About timestamps" and "Exposed metrics". */
const ofPushgateway = ['push_time_seconds', 'push_failure_time_seconds'];

/** What the default metrics of prom-client are. A spec compares this with prom-client. */
export const processFamilies: readonly (readonly [
  name: string,
  kind: KnownFamily['kind'],
  labels?: readonly string[],
])[] = [
  ['process_cpu_user_seconds_total', 'counter'],
  ['process_cpu_system_seconds_total', 'counter'],
  ['process_cpu_seconds_total', 'counter'],
  ['process_start_time_seconds', 'gauge'],
  ['process_resident_memory_bytes', 'gauge'],
  ['process_virtual_memory_bytes', 'gauge'],
  ['process_heap_bytes', 'gauge'],
  ['process_open_fds', 'gauge'],
  ['process_max_fds', 'gauge'],
  ['nodejs_eventloop_lag_seconds', 'gauge'],
  ['nodejs_eventloop_lag_min_seconds', 'gauge'],
  ['nodejs_eventloop_lag_max_seconds', 'gauge'],
  ['nodejs_eventloop_lag_mean_seconds', 'gauge'],
  ['nodejs_eventloop_lag_stddev_seconds', 'gauge'],
  ['nodejs_eventloop_lag_p50_seconds', 'gauge'],
  ['nodejs_eventloop_lag_p90_seconds', 'gauge'],
  ['nodejs_eventloop_lag_p99_seconds', 'gauge'],
  ['nodejs_active_resources', 'gauge', ['type']],
  ['nodejs_active_resources_total', 'gauge'],
  ['nodejs_active_handles', 'gauge', ['type']],
  ['nodejs_active_handles_total', 'gauge'],
  ['nodejs_active_requests', 'gauge', ['type']],
  ['nodejs_active_requests_total', 'gauge'],
  ['nodejs_heap_size_total_bytes', 'gauge'],
  ['nodejs_heap_size_used_bytes', 'gauge'],
  ['nodejs_external_memory_bytes', 'gauge'],
  ['nodejs_heap_space_size_total_bytes', 'gauge', ['space']],
  ['nodejs_heap_space_size_used_bytes', 'gauge', ['space']],
  ['nodejs_heap_space_size_available_bytes', 'gauge', ['space']],
  ['nodejs_version_info', 'gauge', ['version', 'major', 'minor', 'patch']],
  ['nodejs_gc_duration_seconds', 'histogram', ['kind']],
];
