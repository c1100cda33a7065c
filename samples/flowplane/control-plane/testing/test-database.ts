import { PGlite } from '@electric-sql/pglite';

let database: PGlite | undefined;

/** An empty database. Why one for all specs of a process: PGlite needs seconds to create a new one. */
export async function emptyTestDatabase(): Promise<PGlite> {
  database ??= new PGlite();
  await database.exec('DROP TABLE IF EXISTS resources');
  return database;
}
