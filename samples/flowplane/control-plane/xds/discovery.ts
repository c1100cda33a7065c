import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { inject, injectable } from 'inversify';
import type { Resource, ResourceType } from '../resources/resource.js';
import { XdsDatabaseService } from './xds-database-service.js';

/** The resources of one team and type at one time. */
export interface Snapshot {
  readonly type: ResourceType;
  /** Changes exactly when the resources change. */
  readonly version: string;
  readonly resources: readonly Resource[];
}

/** The snapshots that both transports serve, and their changes. */
@injectable()
export class Discovery {
  readonly #changes = new EventEmitter<Record<string, [Snapshot]>>().setMaxListeners(0);

  constructor(@inject(XdsDatabaseService) private readonly database: XdsDatabaseService) {}

  async snapshot(team: string, type: ResourceType): Promise<Snapshot> {
    const resources = await this.database.listByTeam(team, type);
    return { type, version: computeVersion(resources), resources };
  }

  /** Sends a new snapshot to the team's watchers. Call it after every write: listing also sets the gauge. */
  async publish(team: string, type: ResourceType): Promise<void> {
    this.#changes.emit(eventOf(team), await this.snapshot(team, type));
  }

  /** Calls back with each new snapshot of a team's resources. Returns a function that ends this. */
  watch(team: string, onChange: (snapshot: Snapshot) => void): () => void {
    this.#changes.on(eventOf(team), onChange);
    return () => this.#changes.off(eventOf(team), onChange);
  }
}

/** Why not the bare name: an emitter handles the event "error" differently, and a team may have that name. */
const eventOf = (team: string): string => `team ${team}`;

/** Two versions differ exactly when the resources differ. */
export function computeVersion(resources: readonly Resource[]): string {
  return createHash('sha256').update(JSON.stringify(resources)).digest('hex').slice(0, 16);
}
