import { mkdir, readdir } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { dataDir } from '@electric-sql/pglite-prepopulatedfs';

/** A database in this folder, which is created where it is missing, or in memory. */
export async function openDatabase(folder: string | undefined): Promise<PGlite> {
  if (folder === undefined) return newDatabase({});
  // Why first: PGlite takes seconds to find out that it cannot use the folder.
  await mkdir(folder, { recursive: true });
  const isNew = (await readdir(folder)).length === 0;
  return isNew ? newDatabase({ dataDir: folder }) : new PGlite(folder);
}

/** Why unpacked: it takes a second, and PGlite needs eight to create the same files. */
async function newDatabase(options: { readonly dataDir?: string }): Promise<PGlite> {
  return new PGlite({ ...options, loadDataDir: await dataDir() });
}
