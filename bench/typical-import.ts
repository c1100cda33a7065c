import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { cpuSince, type Measurement, ours, type Row } from './measurement.js';

// Why nothing of the package is imported here: that is what is measured.
const require = createRequire(new URL('../../bench/package.json', import.meta.url));

const importing =
  (name: string): Measurement =>
  async () => {
    const url = name === ours ? name : pathToFileURL(require.resolve(name)).href;
    const start = process.cpuUsage();
    await import(url);
    return cpuSince(start);
  };

const requiring =
  (name: string): Measurement =>
  async () => {
    const start = process.cpuUsage();
    require(name);
    return cpuSince(start);
  };

const clientsOf = (measurement: (name: string) => Measurement): Row['clients'] =>
  Object.fromEntries([ours, 'prom-client', '@prometheus-io/client'].map((name) => [name, measurement(name)]));

const goals = { 'prom-client': 0.4, '@prometheus-io/client': 0.4 };

/** What it costs to load the main entry. */
export const rows: Readonly<Record<string, Row>> = {
  'import of the main entry, CPU': { unit: 'ms', goals, clients: clientsOf(importing) },
  'require of the main entry, CPU': { unit: 'ms', goals, clients: clientsOf(requiring) },
};
