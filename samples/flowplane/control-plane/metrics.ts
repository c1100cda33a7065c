import { defineCounter, defineGauge, defineHistogram, exponentialBuckets } from 'flowplane-metrics';
import { resourceTypes } from './resources/resource.js';

// The metric families that several methods record, or that rules query. Another one is declared at its method.

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

/** Responses that a proxy does not accept: the resources are wrong. */
export const xdsNacks = defineCounter({
  name: 'xds_nacks_total',
  help: 'Responses that a proxy refused',
  labels: { resource_type: { oneOf: resourceTypes }, team: { limit: 100 } },
});

/** Open streams by gRPC. */
export const teamConnections = defineGauge({
  name: 'xds_team_connections',
  help: 'Open streams per team',
  labels: { team: { limit: 100 } },
  aggregator: 'sum',
});

/** Requests of one team for resources of another one. */
export const crossTeamAttempts = defineCounter({
  name: 'auth_cross_team_access_attempts_total',
  help: 'Cross-team access attempts blocked by authorization',
  labels: { from_team: { limit: 100 }, to_team: { limit: 100 }, resource_type: { oneOf: resourceTypes } },
});

/** The time that a caller waits for one database query. 99 of 100 take at most 64 ms; Prometheus alerts where that is broken. */
export const queryDuration = defineHistogram({
  name: 'db_query_duration_seconds',
  help: 'How long a database query took',
  unit: 'seconds',
  buckets: exponentialBuckets(0.00025, 4, 8),
  objective: { ratio: 0.99, under: 0.064 },
  labels: { operation: { oneOf: ['select', 'insert', 'update', 'delete'] }, table: { oneOf: ['resources'] } },
});
