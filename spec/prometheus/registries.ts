import { createRequire } from 'node:module';
import * as promClient from 'prom-client';
import { defineCounter, defineGauge, defineHistogram } from '../../lib/index.js';

export const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {} } });
export const depth = defineGauge({ name: 'depth', help: 'Depth' });
export const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [0.1, 1] });

const require = createRequire(new URL('../../../bench/package.json', import.meta.url));

/** Each generation of prom-client, both with the same names. */
export const generations: readonly [name: string, load: () => typeof promClient][] = [
  ['prom-client', () => promClient],
  ['@prometheus-io/client', () => require('@prometheus-io/client')],
];
