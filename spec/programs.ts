import { fileURLToPath } from 'node:url';

/**
 * The folder of the programs that specs write. The package's name leads from there to the package as users have it.
 *
 * Why not to `dist/lib/`, as from the rest of `dist/`: its hundreds of files take longer to load than all else in a program.
 */
export const programs = fileURLToPath(new URL('../programs', import.meta.url));
