import { type Config, readConfig } from '../config.js';

/** A configuration for specs: free ports, and no traffic but the spec's own. */
export const testConfig: Config = {
  ...readConfig({
    FLOWPLANE_API_PORT: '0',
    FLOWPLANE_XDS_PORT: '0',
    FLOWPLANE_METRICS_PORT: '0',
    FLOWPLANE_SHUTDOWN_SECONDS: '5',
  }),
  traffic: false,
};
