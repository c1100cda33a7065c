import { defineGauge } from 'flowplane-metrics';

/**
 * Resources served per team: fed by every method that lists them.
 *
 * Its name ends in `_total` although it is a gauge, because the Flowplane Metrics Architecture calls it so.
 */
export const teamResources = defineGauge({
  name: 'xds_team_resources_total',
  help: 'Number of resources served per team',
  labels: { resource_type: { oneOf: ['cluster', 'route', 'listener'] }, team: { limit: 100 } },
  advice: false,
});
