import { PGlite } from '@electric-sql/pglite';
import type { Config } from '../config.js';
import { type ControlPlane, startControlPlane } from '../control-plane.js';
import { testConfig } from './test-config.js';

let database: PGlite | undefined;

/**
 * Starts a control plane on free ports with an empty database.
 *
 * Why one database for all specs of a process: PGlite needs seconds to start.
 */
export async function startTestControlPlane(config: Partial<Config> = {}): Promise<ControlPlane> {
  database ??= new PGlite();
  await database.exec('DROP TABLE IF EXISTS resources');
  return startControlPlane({ ...testConfig, ...config }, database);
}
