import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the package, seen from where the compiler puts this file. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where the configuration files are. */
export const monitoring = join(root, 'samples/flowplane/monitoring');

export const dashboardFile = join(monitoring, 'grafana/dashboards/flowplane.json');

export const dashboardFolder = dirname(dashboardFile);

export const jsonOf = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
