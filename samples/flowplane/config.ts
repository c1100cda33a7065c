import { readFileSync } from 'node:fs';
import { scopes, type TokenGrant } from './auth/token-authenticator.js';
import { demonstrationGrants } from './demonstration-grants.js';
import { isName, nameRule } from './resources/name.js';

export interface Config {
  readonly apiHost: string;
  readonly apiPort: number;
  readonly xdsPort: number;
  /** How long a stream of xDS may be open before its first request, which says whose it is. */
  readonly firstRequestSeconds: number;
  /** How often a proxy is asked whether it is still there; one that does not answer within as long is given up. */
  readonly keepaliveSeconds: number;
  readonly metricsHost: string;
  readonly metricsPort: number;
  /** Where the database keeps its files; `undefined`: in memory. */
  readonly databaseFolder: string | undefined;
  readonly grants: readonly TokenGrant[];
  /** How long it goes on serving after it was told to stop, not ready, so that a load balancer can look elsewhere. */
  readonly drainSeconds: number;
  /** How long a shutdown waits after that for what is under way. */
  readonly shutdownSeconds: number;
  /** Whether to drive the API for show. */
  readonly traffic: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one variable; throws what is wrong with it. */
type Read<T> = (given: string) => T;

/** The configuration that the environment gives. Throws an error that names every variable that is wrong. */
export function configFrom(environment: Environment): Config {
  const problems: string[] = [];
  const read = <T>(variable: string, fallback: T, reader: Read<T>): T => {
    const given = environment[variable];
    if (given === undefined || given === '') return fallback;
    try {
      return reader(given);
    } catch (error) {
      problems.push(`${variable} ${(error as Error).message} (given "${given}").`);
      return fallback;
    }
  };
  const config: Config = {
    apiHost: read('FLOWPLANE_API_HOST', '127.0.0.1', String),
    apiPort: read('FLOWPLANE_API_PORT', 8080, port),
    xdsPort: read('FLOWPLANE_XDS_PORT', 18000, port),
    firstRequestSeconds: read('FLOWPLANE_XDS_FIRST_REQUEST_SECONDS', 10, someSeconds),
    keepaliveSeconds: read('FLOWPLANE_XDS_KEEPALIVE_SECONDS', 30, someSeconds),
    metricsHost: read('FLOWPLANE_METRICS_HOST', '127.0.0.1', String),
    metricsPort: read('FLOWPLANE_METRICS_PORT', 9090, port),
    databaseFolder: read('FLOWPLANE_DATABASE', undefined, String),
    grants: read('FLOWPLANE_TOKENS_FILE', demonstrationGrants, grantsIn),
    drainSeconds: read('FLOWPLANE_DRAIN_SECONDS', 0, seconds),
    shutdownSeconds: read('FLOWPLANE_SHUTDOWN_SECONDS', 10, seconds),
    traffic: read('FLOWPLANE_DEMO_TRAFFIC', true, onOrOff),
  };
  // Why: tokens that everybody knows are for show alone.
  if (!config.traffic && config.grants === demonstrationGrants) {
    problems.push('FLOWPLANE_TOKENS_FILE must be given where FLOWPLANE_DEMO_TRAFFIC is "off".');
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return config;
}

const port: Read<number> = (given) => {
  const number = Number(given);
  if (Number.isInteger(number) && number >= 0 && number <= 65535) return number;
  throw new Error('must be a port, from 0 to 65535');
};

const seconds: Read<number> = (given) => {
  const number = Number(given);
  if (number >= 0 && number <= 3600) return number;
  throw new Error('must be seconds, from 0 to 3600');
};

/** Why not 0: nobody could be so fast. */
const someSeconds: Read<number> = (given) => {
  const number = seconds(given);
  if (number > 0) return number;
  throw new Error('must be more than 0 seconds');
};

const onOrOff: Read<boolean> = (given) => {
  if (given === 'on' || given === 'off') return given === 'on';
  throw new Error('must be "on" or "off"');
};

/** `[{ "sha256": "…", "team": "payments", "scopes": ["read", "write", "discover"] }, …]` */
const grantsIn: Read<readonly TokenGrant[]> = (file) => {
  const grants = JSON.parse(readFileSync(file, 'utf8')) as readonly TokenGrant[];
  if (Array.isArray(grants) && grants.every(isGrant)) return grants;
  throw new Error(`must be a JSON file with a list of { sha256, team, scopes }, whose teams are ${nameRule}`);
};

function isGrant(grant: Partial<TokenGrant> | null): boolean {
  return (
    /^[0-9a-f]{64}$/.test(String(grant?.sha256)) &&
    isName(grant?.team) &&
    Array.isArray(grant.scopes) &&
    grant.scopes.every((scope) => scopes.includes(scope))
  );
}
