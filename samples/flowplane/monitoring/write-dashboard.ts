import { writeFileSync } from 'node:fs';
import { dashboard } from './dashboard.js';
import { dashboardFile, jsonOf } from './files.js';

// Writes the dashboard's JSON anew: npm run dashboard
writeFileSync(dashboardFile, jsonOf(dashboard()));
