import type { Config } from '../config.js';
import { type ControlPlane, startControlPlane } from '../control-plane.js';
import { testConfig } from './test-config.js';
import { emptyTestDatabase } from './test-database.js';

/** Starts a control plane on free ports with an empty database. */
export async function startTestControlPlane(config: Partial<Config> = {}): Promise<ControlPlane> {
  return startControlPlane({ ...testConfig, ...config }, await emptyTestDatabase());
}
