/** What Envoy is configured with. */
export const resourceTypes = ['cluster', 'route', 'listener'] as const;

export type ResourceType = (typeof resourceTypes)[number];

export interface Resource {
  readonly name: string;
  /** The resource as its team wrote it. */
  readonly spec: Readonly<Record<string, unknown>>;
}
