import { createHook } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import type { PGlite } from '@electric-sql/pglite';
import { openDatabase } from '../resources/open-database.js';

// Why: to optimize the code of a whole database takes a second, and specs send it few queries.
setFlagsFromString('--liftoff-only');

let database: PGlite | undefined;

/** An empty database. Why one for all specs of a process: opening a new one takes two seconds. */
export async function emptyTestDatabase(): Promise<PGlite> {
  database ??= await openInBackground();
  await database.exec('DROP TABLE IF EXISTS resources');
  return database;
}

/** Opens a database that nobody has to close: its timer does not keep the process from ending. */
async function openInBackground(): Promise<PGlite> {
  const timers: NodeJS.Timeout[] = [];
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (type === 'Timeout') timers.push(resource as NodeJS.Timeout);
    },
  }).enable();
  const opened = await openDatabase(undefined);
  hook.disable();
  for (const timer of timers) timer.unref();
  return opened;
}
