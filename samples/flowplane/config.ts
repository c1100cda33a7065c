import type { TeamTokens } from './token-authenticator.js';

export interface Config {
  readonly apiPort: number;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly tokens: TeamTokens;
  /** Whether to drive the API for show. */
  readonly traffic: boolean;
}

/** Tokens to play with. A real control plane keeps its own in a secret store. */
export const demonstrationTokens: TeamTokens = {
  'demo-payments': 'payments',
  'demo-checkout': 'checkout',
  'demo-platform': 'platform',
};

type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration that the environment gives. Throws an error that names the variable that is wrong. */
export function configFrom(environment: Environment): Config {
  return {
    apiPort: portFrom(environment, 'FLOWPLANE_API_PORT', 8080),
    metricsHost: environment['FLOWPLANE_METRICS_HOST'] || '127.0.0.1',
    metricsPort: portFrom(environment, 'FLOWPLANE_METRICS_PORT', 9090),
    tokens: demonstrationTokens,
    traffic: environment['FLOWPLANE_DEMO_TRAFFIC'] !== 'off',
  };
}

function portFrom(environment: Environment, variable: string, fallback: number): number {
  const given = environment[variable];
  if (given === undefined || given === '') return fallback;
  const port = Number(given);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Error(`${variable} must be a port, from 0 to 65535 (given "${given}").`);
}
