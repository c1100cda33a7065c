import { defineCounter, defineGauge, defineHistogram, exponentialBuckets } from 'flowplane-metrics';
import { resourceTypes } from './resources/resource.js';

// The metric families that several methods record. A family of one method is declared at that method.

/**
 * Resources served per team. Every method that lists resources sets it.
 *
 * Why a gauge ends in `_total`: the Flowplane Metrics Architecture prescribes the name.
 */
export const teamResources = defineGauge({
  name: 'xds_team_resources_total',
  help: 'Number of resources served per team',
  labels: { resource_type: { oneOf: resourceTypes }, team: { limit: 100 } },
  advice: false,
});

/** Discovery requests by REST and by gRPC. */
export const xdsRequests = defineCounter({
  name: 'xds_requests_total',
  help: 'Discovery requests of the proxies of a team',
  labels: { resource_type: { oneOf: resourceTypes }, team: { limit: 100 } },
});

/** The time that a caller waits for one database query. */
export const queryDuration = defineHistogram({
  name: 'db_query_duration_seconds',
  help: 'How long a database query took',
  unit: 'seconds',
  buckets: exponentialBuckets(0.00025, 4, 8),
  labels: { operation: { oneOf: ['select', 'insert', 'update', 'delete'] }, table: { oneOf: ['resources'] } },
});
