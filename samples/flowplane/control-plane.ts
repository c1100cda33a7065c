import 'reflect-metadata';
import { PGlite } from '@electric-sql/pglite';
import type { PrometheusRecorder } from 'flowplane-metrics';
import { installMetrics } from 'flowplane-metrics/inversify';
import { MetricsServer } from 'flowplane-metrics/koa';
import { Container } from 'inversify';
import { Access } from './access.js';
import { ApiServer } from './api-server.js';
import type { Config } from './config.js';
import { DiscoveryRoutes } from './discovery-routes.js';
import { ResourceRepository } from './resource-repository.js';
import { ResourceRoutes } from './resource-routes.js';
import { TeamAuthorizer } from './team-authorizer.js';
import { TeamTokens, TokenAuthenticator } from './token-authenticator.js';
import { XdsDatabaseService } from './xds-database-service.js';

/** A control plane that runs. */
export interface ControlPlane {
  readonly apiUrl: string;
  readonly metricsUrl: string;
  readonly recorder: PrometheusRecorder;
  /** Stops everything, once. */
  close(): Promise<void>;
}

/** Starts the API and the metrics server. Where one of them cannot start, nothing is left running. */
export async function startControlPlane(config: Config): Promise<ControlPlane> {
  const container = new Container({ defaultScope: 'Singleton' });
  const recorder = installMetrics(container);
  container.bind(TeamTokens).toConstantValue(config.tokens);
  container.bind(PGlite).toConstantValue(new PGlite());
  for (const service of [ResourceRepository, XdsDatabaseService, TeamAuthorizer, TokenAuthenticator]) {
    container.bind<unknown>(service).to(service);
  }
  for (const service of [Access, ResourceRoutes, DiscoveryRoutes, ApiServer])
    container.bind<unknown>(service).to(service);

  const api = container.get(ApiServer);
  const metrics = new MetricsServer(recorder, { host: config.metricsHost, port: config.metricsPort });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= Promise.all([api.close(), metrics.close()]).then(() => container.get(PGlite).close());
    return closing;
  };
  try {
    const { url: metricsUrl } = await metrics.listen();
    await container.get(ResourceRepository).prepare();
    return { apiUrl: await listen(api, config.apiPort), metricsUrl, recorder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(api: ApiServer, port: number): Promise<string> {
  try {
    return await api.listen(port);
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw new Error(`The API cannot listen on port ${port} (${code}). Set FLOWPLANE_API_PORT to another one.`, {
      cause,
    });
  }
}
