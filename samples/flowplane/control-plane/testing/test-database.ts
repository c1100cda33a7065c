import type { PGlite } from '@electric-sql/pglite';
import { openDatabase } from '../resources/open-database.js';

let database: PGlite | undefined;

/** An empty database. Why one for all specs of a file: opening a new one takes a second. */
export async function emptyTestDatabase(): Promise<PGlite> {
  database ??= await openDatabase(undefined);
  await database.exec('DROP TABLE IF EXISTS resources');
  return database;
}

// Why: an open database has a timer, which keeps a process from ending.
after(async () => {
  await database?.close();
  database = undefined;
});
