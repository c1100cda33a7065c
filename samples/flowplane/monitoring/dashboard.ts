import { catalogue } from 'flowplane-metrics';
import { createDashboard, type DashboardJson } from 'flowplane-metrics/dashboard';
import { TeamAuthorizer } from '../control-plane/auth/team-authorizer.js';
import { TokenAuthenticator } from '../control-plane/auth/token-authenticator.js';
import { ResourceRepository } from '../control-plane/resources/resource-repository.js';
import { AdsService } from '../control-plane/xds/ads-service.js';
import { DiscoveryRoutes } from '../control-plane/xds/discovery-routes.js';
import { XdsDatabaseService } from '../control-plane/xds/xds-database-service.js';
import { rows } from './dashboard-panels.js';

/** The classes that feed metrics. A spec compares what they declare with the table of metrics in the README. */
const services = [
  TokenAuthenticator,
  TeamAuthorizer,
  ResourceRepository,
  AdsService,
  DiscoveryRoutes,
  XdsDatabaseService,
];

/** The dashboard "Flowplane – team metrics": what the code declares, after the rows that the architecture wants. */
export const buildDashboard = (): Promise<DashboardJson> =>
  createDashboard(catalogue(services), {
    title: 'Flowplane – team metrics',
    // The data source of grafana/provisioning/datasources.
    datasource: 'flowplane-prometheus',
    refresh: '10s',
    rows,
  });

/** The dashboard as the JSON file that Grafana loads. */
export const dashboardJson = async (): Promise<string> => `${JSON.stringify(await buildDashboard(), undefined, 2)}\n`;
