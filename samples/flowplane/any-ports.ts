import { type Config, configFrom } from './config.js';

/** A configuration for specs: any free ports, no traffic but the spec's own. */
export const anyPorts: Config = {
  ...configFrom({
    FLOWPLANE_API_PORT: '0',
    FLOWPLANE_XDS_PORT: '0',
    FLOWPLANE_METRICS_PORT: '0',
    FLOWPLANE_SHUTDOWN_SECONDS: '5',
  }),
  traffic: false,
};
