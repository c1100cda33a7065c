import { PGlite } from '@electric-sql/pglite';
import { Timed } from 'flowplane-metrics';
import { inject, injectable } from 'inversify';
import { queryDuration } from '../metrics.js';
import type { Resource, ResourceType } from './resource.js';

/** The team already has a resource of this type and name. */
export class DuplicateResourceError extends Error {
  override readonly name = 'DuplicateResourceError';
}

const uniqueViolation = '23505';

/** The resources of all teams in PostgreSQL. PGlite runs it inside this process. */
@injectable()
export class ResourceRepository {
  constructor(@inject(PGlite) private readonly database: PGlite) {}

  async prepare(): Promise<void> {
    await this.database.exec(`
      CREATE TABLE IF NOT EXISTS resources (
        team text NOT NULL,
        type text NOT NULL,
        name text NOT NULL,
        spec jsonb NOT NULL,
        PRIMARY KEY (team, type, name)
      )`);
  }

  /** @throws Error unless the database answers. */
  async ping(): Promise<void> {
    await this.database.query('SELECT 1');
  }

  @Timed(queryDuration, { labels: { operation: 'insert', table: 'resources' } })
  async create(team: string, type: ResourceType, { name, spec }: Resource): Promise<void> {
    const insert = 'INSERT INTO resources (team, type, name, spec) VALUES ($1, $2, $3, $4)';
    try {
      await this.database.query(insert, [team, type, name, spec]);
    } catch (error) {
      if ((error as { code?: string }).code !== uniqueViolation) throw error;
      throw new DuplicateResourceError(`team "${team}" already has a ${type} "${name}"`);
    }
  }

  @Timed(queryDuration, { labels: { operation: 'select', table: 'resources' } })
  async list(team: string, type: ResourceType): Promise<Resource[]> {
    const { rows } = await this.database.query<Resource>(
      'SELECT name, spec FROM resources WHERE team = $1 AND type = $2 ORDER BY name',
      [team, type],
    );
    return rows;
  }

  @Timed(queryDuration, { labels: { operation: 'select', table: 'resources' } })
  async find(team: string, type: ResourceType, name: string): Promise<Resource | undefined> {
    const { rows } = await this.database.query<Resource>(
      'SELECT name, spec FROM resources WHERE team = $1 AND type = $2 AND name = $3',
      [team, type, name],
    );
    return rows[0];
  }

  /** Returns whether the resource existed. */
  @Timed(queryDuration, { labels: { operation: 'update', table: 'resources' } })
  async replace(team: string, type: ResourceType, { name, spec }: Resource): Promise<boolean> {
    const { affectedRows } = await this.database.query(
      'UPDATE resources SET spec = $4 WHERE team = $1 AND type = $2 AND name = $3',
      [team, type, name, spec],
    );
    return affectedRows === 1;
  }

  /** Returns whether the resource existed. */
  @Timed(queryDuration, { labels: { operation: 'delete', table: 'resources' } })
  async delete(team: string, type: ResourceType, name: string): Promise<boolean> {
    const { affectedRows } = await this.database.query(
      'DELETE FROM resources WHERE team = $1 AND type = $2 AND name = $3',
      [team, type, name],
    );
    return affectedRows === 1;
  }
}
