/** What Envoy is configured with. */
export const resourceTypes = ['cluster', 'route', 'listener'] as const;

export type ResourceType = (typeof resourceTypes)[number];

export interface Resource {
  readonly name: string;
  /** Envoy's message in proto3 JSON, as its team wrote it, without the name. */
  readonly spec: Readonly<Record<string, unknown>>;
}

interface ResourceKind {
  readonly type: ResourceType;
  /** What its collection is called in paths. */
  readonly collection: string;
  /** The protobuf message that Envoy wants. */
  readonly message: string;
}

export const resourceKinds: readonly ResourceKind[] = [
  { type: 'cluster', collection: 'clusters', message: 'envoy.config.cluster.v3.Cluster' },
  { type: 'route', collection: 'routes', message: 'envoy.config.route.v3.RouteConfiguration' },
  { type: 'listener', collection: 'listeners', message: 'envoy.config.listener.v3.Listener' },
];

/** The row of a resource type. */
export function kindOf(type: ResourceType): ResourceKind {
  return resourceKinds.find((kind) => kind.type === type) as ResourceKind;
}

/** What `@type` and `type_url` say of a protobuf message. */
export const typeUrlOf = (message: string): string => `type.googleapis.com/${message}`;
