import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { inject, injectable } from 'inversify';
import type { Resource, ResourceType } from '../resources/resource.js';
import { XdsDatabaseService } from './xds-database-service.js';

/** What a team is served of one type at one moment. */
export interface Snapshot {
  readonly type: ResourceType;
  /** Changes exactly when what is served changes. */
  readonly version: string;
  readonly resources: readonly Resource[];
}

/** What is served, for both transports, and when it changes. */
@injectable()
export class Discovery {
  readonly #changes = new EventEmitter<Record<string, [Snapshot]>>().setMaxListeners(0);

  constructor(@inject(XdsDatabaseService) private readonly database: XdsDatabaseService) {}

  async snapshot(team: string, type: ResourceType): Promise<Snapshot> {
    const resources = await this.database.listByTeam(team, type);
    return { type, version: versionOf(resources), resources };
  }

  /** To be called after every write: tells those who watch the team. Listing is also what the gauge measures. */
  async changed(team: string, type: ResourceType): Promise<void> {
    this.#changes.emit(of(team), await this.snapshot(team, type));
  }

  /** Calls back with each new snapshot of a team's resources until the function that is given back is called. */
  watch(team: string, onChange: (snapshot: Snapshot) => void): () => void {
    this.#changes.on(of(team), onChange);
    return () => this.#changes.off(of(team), onChange);
  }
}

/** Why not the bare name: a team may be called "error", which an emitter takes for one. */
const of = (team: string): string => `team ${team}`;

/** Differs exactly where the resources differ. */
export function versionOf(resources: readonly Resource[]): string {
  return createHash('sha256').update(JSON.stringify(resources)).digest('hex').slice(0, 16);
}
