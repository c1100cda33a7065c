import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitoringFolder } from './paths.js';
import { ruleFiles } from './rule-files.js';

// Writes the rules that Prometheus loads: npm run rules --workspace samples/flowplane
for (const [name, text] of Object.entries(ruleFiles)) writeFileSync(join(monitoringFolder, 'rules', name), text);
