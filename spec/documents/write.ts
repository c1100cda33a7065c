import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineReference } from './command-line-reference.js';
import { root } from './documents.js';
import { optionsReference } from './options-reference.js';
import { PublicTypes } from './public-types.js';

// What `npm run docs` does: it writes the pages that are made from the code.
writeFileSync(join(root, 'docs/reference/options.md'), optionsReference(new PublicTypes()));
writeFileSync(join(root, 'docs/reference/command-line.md'), await commandLineReference());
