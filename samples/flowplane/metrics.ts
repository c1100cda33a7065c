import { defineCounter, defineGauge, defineHistogram, exponentialBuckets } from 'flowplane-metrics';
import { resourceTypes } from './resources/resource.js';

// The families that several methods feed. One that a single method feeds is declared where it is measured.

/**
 * Resources served per team: fed by every method that lists them.
 *
 * Its name ends in `_total` although it is a gauge, because the Flowplane Metrics Architecture calls it so.
 */
export const teamResources = defineGauge({
  name: 'xds_team_resources_total',
  help: 'Number of resources served per team',
  labels: { resource_type: { oneOf: resourceTypes }, team: { limit: 100 } },
  advice: false,
});

/** Discovery requests of both transports, REST and gRPC. */
export const xdsRequests = defineCounter({
  name: 'xds_requests_total',
  help: 'Discovery requests of the proxies of a team',
  labels: { resource_type: { oneOf: resourceTypes }, team: { limit: 100 } },
});

/** One query of one table, as the caller waited for it. */
export const queryDuration = defineHistogram({
  name: 'db_query_duration_seconds',
  help: 'How long a database query took',
  unit: 'seconds',
  buckets: exponentialBuckets(0.00025, 4, 8),
  labels: { operation: { oneOf: ['select', 'insert', 'update', 'delete'] }, table: { oneOf: ['resources'] } },
});
