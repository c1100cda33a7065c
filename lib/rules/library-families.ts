import { declareMethodCalls, declareMethodDuration } from '../decorators/method-metrics.js';
import type { Family } from '../families/family.js';
import { conventions, defineRequestFamilies } from '../http/request-families.js';
import { endpointFamilies } from '../server/endpoint-metrics.js';
import { selfFamilies } from '../store/self-metrics.js';
import type { KnownFamily, KnownNames } from './known-names.js';

/** Adds the families that this library, Prometheus and the client of the process expose, whatever the code declares. */
export function addLibraryFamilies(names: KnownNames): void {
  for (const family of [...selfFamilies, ...endpointFamilies]) names.add(toKnown(family, names, true));
  for (const family of listRequestFamilies()) names.add(toKnown(family, names, false));
  for (const [name, kind, labels = []] of processFamilies) {
    names.add({ name, kind, isOwn: false, labels: names.withTargetLabels([], labels, true), values: new Map() });
  }
  for (const name of ofPrometheus) {
    names.add({
      name,
      kind: 'gauge',
      isOwn: false,
      labels: names.withTargetLabels([], [], true),
      values: new Map(),
    });
  }
}

/** What `httpMetrics` and `@Instrumented` record. Why apart: an application may record others under these names. */
function listRequestFamilies(): Family[] {
  const requests = Object.keys(conventions).flatMap((convention) => {
    const { duration, size, active } = defineRequestFamilies({ names: convention as keyof typeof conventions });
    return [duration, size, active];
  });
  return [...requests, declareMethodCalls('', {}), declareMethodDuration('', {})];
}

function toKnown({ name, kind, labels, buckets, initial }: Family, names: KnownNames, isOwn: boolean): KnownFamily {
  const listed = Object.entries(labels).filter(([, { oneOf }]) => oneOf !== undefined);
  return {
    name,
    kind,
    isOwn,
    // Why only possible: these labels are absent where there is nothing to say.
    labels: names.withTargetLabels([], Object.keys(labels), !isOwn),
    values: new Map(isOwn ? listed.map(([label, { oneOf = [] }]) => [label, oneOf]) : []),
    // Why not of the others: an application chooses the buckets of these.
    ...(isOwn && { buckets }),
    startsAtZero: initial === 'all' || initial.length > 0,
  };
}

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
