import { readFileSync } from 'node:fs';
import { scopes, type TokenGrant } from './auth/token-authenticator.js';
import { demoGrants } from './demo-grants.js';
import { isName, nameRule } from './resources/name.js';

export interface Config {
  readonly apiHost: string;
  readonly apiPort: number;
  readonly xdsPort: number;
  /** How long an xDS stream may stay open without its first request, which names its team. */
  readonly firstRequestSeconds: number;
  /** Interval of keepalive pings to a proxy, and the time within which it must answer one. */
  readonly keepaliveSeconds: number;
  readonly metricsHost: string;
  readonly metricsPort: number;
  /** The folder of the database. `undefined` keeps it in memory. */
  readonly databaseFolder: string | undefined;
  readonly grants: readonly TokenGrant[];
  /** How long it still serves after the stop signal, so that a load balancer can route around it. */
  readonly drainSeconds: number;
  /** How long the shutdown then waits for running requests and streams. */
  readonly shutdownSeconds: number;
  /** Whether to send demo traffic to the API. */
  readonly traffic: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Parses one variable. Throws an error that says what is wrong. */
type Parse<T> = (text: string) => T;

/** Reads the configuration from the environment. @throws Error with one line for each invalid variable. */
export function readConfig(environment: Environment): Config {
  const problems: string[] = [];
  const read = <T>(variable: string, fallback: T, parse: Parse<T>): T => {
    const text = environment[variable];
    if (text === undefined || text === '') return fallback;
    try {
      return parse(text);
    } catch (error) {
      problems.push(`${variable} ${(error as Error).message} (given "${text}").`);
      return fallback;
    }
  };
  const config: Config = {
    apiHost: read('FLOWPLANE_API_HOST', '127.0.0.1', String),
    apiPort: read('FLOWPLANE_API_PORT', 8080, parsePort),
    xdsPort: read('FLOWPLANE_XDS_PORT', 18000, parsePort),
    firstRequestSeconds: read('FLOWPLANE_XDS_FIRST_REQUEST_SECONDS', 10, parsePositiveSeconds),
    keepaliveSeconds: read('FLOWPLANE_XDS_KEEPALIVE_SECONDS', 30, parsePositiveSeconds),
    metricsHost: read('FLOWPLANE_METRICS_HOST', '127.0.0.1', String),
    metricsPort: read('FLOWPLANE_METRICS_PORT', 9090, parsePort),
    databaseFolder: read('FLOWPLANE_DATABASE', undefined, String),
    grants: read('FLOWPLANE_TOKENS_FILE', demoGrants, readGrants),
    drainSeconds: read('FLOWPLANE_DRAIN_SECONDS', 0, parseSeconds),
    shutdownSeconds: read('FLOWPLANE_SHUTDOWN_SECONDS', 10, parseSeconds),
    traffic: read('FLOWPLANE_DEMO_TRAFFIC', true, parseSwitch),
  };
  // Why: everybody knows the demo tokens, so they may only protect a demo.
  if (!config.traffic && config.grants === demoGrants) {
    problems.push('FLOWPLANE_TOKENS_FILE must be given where FLOWPLANE_DEMO_TRAFFIC is "off".');
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return config;
}

const parsePort: Parse<number> = (text) => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= 65535) return number;
  throw new Error('must be a port, from 0 to 65535');
};

const parseSeconds: Parse<number> = (text) => {
  const number = Number(text);
  if (number >= 0 && number <= 3600) return number;
  throw new Error('must be seconds, from 0 to 3600');
};

/** Why not 0: no client could answer in time. */
const parsePositiveSeconds: Parse<number> = (text) => {
  const number = parseSeconds(text);
  if (number > 0) return number;
  throw new Error('must be more than 0 seconds');
};

const parseSwitch: Parse<boolean> = (text) => {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new Error('must be "on" or "off"');
};

/** `[{ "sha256": "…", "team": "payments", "scopes": ["read", "write", "discover"] }, …]` */
const readGrants: Parse<readonly TokenGrant[]> = (file) => {
  const grants = JSON.parse(readFileSync(file, 'utf8')) as readonly TokenGrant[];
  if (Array.isArray(grants) && grants.every(isGrant)) return grants;
  throw new Error(`must be a JSON file with a list of { sha256, team, scopes }; a team is ${nameRule}`);
};

function isGrant(grant: Partial<TokenGrant> | null): boolean {
  return (
    /^[0-9a-f]{64}$/.test(String(grant?.sha256)) &&
    isName(grant?.team) &&
    Array.isArray(grant.scopes) &&
    grant.scopes.every((scope) => scopes.includes(scope))
  );
}
