import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/* Removes what `npm run build` has made. Why a program: a shell without `rm`, as that of Windows, can run it too. */
for (const folder of ['dist', 'samples/flowplane/dist']) {
  rmSync(fileURLToPath(new URL(`../${folder}`, import.meta.url)), { recursive: true, force: true });
}
