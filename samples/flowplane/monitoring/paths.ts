import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this sample, seen from where the compiler puts this file. */
export const sampleFolder = fileURLToPath(new URL('../../', import.meta.url));

/** The folder of the configuration files. */
export const monitoringFolder = join(sampleFolder, 'monitoring');

export const dashboardFile = join(monitoringFolder, 'grafana/dashboards/flowplane.json');

export const dashboardFolder = dirname(dashboardFile);
