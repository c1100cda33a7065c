import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import type { PrometheusRecorder } from 'flowplane-metrics';
import { installMetrics } from 'flowplane-metrics/inversify';
import { MetricsServer } from 'flowplane-metrics/koa';
import { Container } from 'inversify';
import { ApiServer } from './api/api-server.js';
import { Health } from './api/health.js';
import { ResourceRoutes } from './api/resource-routes.js';
import { AuthMiddleware } from './auth/auth-middleware.js';
import { TeamAuthorizer } from './auth/team-authorizer.js';
import { TokenAuthenticator, TokenGrants } from './auth/token-authenticator.js';
import type { Config } from './config.js';
import { openDatabase } from './resources/open-database.js';
import { ResourceRepository } from './resources/resource-repository.js';
import { AdsService, FirstRequestSeconds } from './xds/ads-service.js';
import { Discovery } from './xds/discovery.js';
import { DiscoveryRoutes } from './xds/discovery-routes.js';
import { XdsDatabaseService } from './xds/xds-database-service.js';
import { KeepaliveSeconds, XdsServer } from './xds/xds-server.js';

const services = [
  ...[ApiServer, Health, ResourceRoutes],
  ...[AuthMiddleware, TeamAuthorizer, TokenAuthenticator],
  ...[ResourceRepository],
  ...[AdsService, Discovery, DiscoveryRoutes, XdsDatabaseService, XdsServer],
];

/** A running control plane. */
export interface ControlPlane {
  readonly apiUrl: string;
  /** Host and port of the xDS service by gRPC. */
  readonly xdsAddress: string;
  readonly metricsUrl: string;
  readonly recorder: PrometheusRecorder;
  /** Stops everything. Running requests and streams may finish within `shutdownSeconds`. Later calls do nothing. */
  close(): Promise<void>;
}

/**
 * Starts the API, the xDS service and the metrics server. If one of them cannot start, the others are stopped.
 *
 * @param sharedDatabase A database that the caller closes. By default the control plane opens and closes its own.
 */
export async function startControlPlane(config: Config, sharedDatabase?: PGlite): Promise<ControlPlane> {
  const database = sharedDatabase ?? (await createDatabase(config));
  const container = new Container({ defaultScope: 'Singleton' });
  const recorder = installMetrics(container);
  container.bind(TokenGrants).toConstantValue(config.grants);
  container.bind(FirstRequestSeconds).toConstantValue(config.firstRequestSeconds);
  container.bind(KeepaliveSeconds).toConstantValue(config.keepaliveSeconds);
  container.bind(PGlite).toConstantValue(database);
  for (const service of services) container.bind<unknown>(service).to(service);

  const [api, xds] = [container.get(ApiServer), container.get(XdsServer)];
  const metrics = new MetricsServer(recorder, { host: config.metricsHost, port: config.metricsPort });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= drain().then(stop);
    return closing;
  };
  async function drain(): Promise<void> {
    container.get(Health).stop();
    await wait(config.drainSeconds * 1000);
  }
  async function stop(): Promise<void> {
    const deadline = setTimeout(() => [api, xds].map((server) => server.destroy()), config.shutdownSeconds * 1000);
    await Promise.all([api.close(), xds.close()]);
    clearTimeout(deadline);
    // Why last: a scrape can still read what the shutdown counted.
    await metrics.close();
    if (sharedDatabase === undefined) await database.close();
  }
  try {
    const { url: metricsUrl } = await metrics.listen();
    await prepare(container.get(ResourceRepository), config);
    const apiUrl = await startListening('API', config.apiPort, () => api.listen(config.apiHost, config.apiPort));
    const xdsAddress = await startListening('XDS', config.xdsPort, () => xds.listen(config.apiHost, config.xdsPort));
    return { apiUrl, xdsAddress, metricsUrl, recorder, close };
  } catch (error) {
    // Why its errors are ignored: they follow from the error that is thrown.
    await stop().catch(() => undefined);
    throw error;
  }
}

async function createDatabase({ databaseFolder }: Config): Promise<PGlite> {
  try {
    return await openDatabase(databaseFolder);
  } catch (cause) {
    throw unusableDatabase(databaseFolder, cause);
  }
}

async function prepare(repository: ResourceRepository, { databaseFolder }: Config): Promise<void> {
  try {
    await repository.prepare();
  } catch (cause) {
    throw unusableDatabase(databaseFolder, cause);
  }
}

function unusableDatabase(folder: string | undefined, cause: unknown): Error {
  // Why: PGlite also throws values that are not errors.
  const reason = cause instanceof Error ? cause.message : JSON.stringify(cause);
  return new Error(
    `The database cannot use "${folder}" (${reason}). Set FLOWPLANE_DATABASE to a folder that can be written.`,
    { cause },
  );
}

async function startListening(server: 'API' | 'XDS', port: number, listen: () => Promise<string>): Promise<string> {
  try {
    return await listen();
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    const reason = code ?? message;
    throw new Error(
      `The ${server} cannot listen on port ${port} (${reason}). Set FLOWPLANE_${server}_PORT to another one.`,
      {
        cause,
      },
    );
  }
}
