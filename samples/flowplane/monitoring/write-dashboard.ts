import { writeFileSync } from 'node:fs';
import { dashboardJson } from './dashboard.js';
import { dashboardFile } from './paths.js';

// Writes the JSON that Grafana loads: npm run dashboard --workspace samples/flowplane
writeFileSync(dashboardFile, await dashboardJson());
