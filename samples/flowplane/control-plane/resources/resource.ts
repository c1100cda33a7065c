/** The types of resources that configure Envoy. */
export const resourceTypes = ['cluster', 'route', 'listener'] as const;

export type ResourceType = (typeof resourceTypes)[number];

export interface Resource {
  readonly name: string;
  /** Envoy's message in proto3 JSON, without the name. */
  readonly spec: Readonly<Record<string, unknown>>;
}

interface ResourceKind {
  readonly type: ResourceType;
  /** The name of the collection in paths. */
  readonly collection: string;
  /** The full name of Envoy's protobuf message. */
  readonly message: string;
}

export const resourceKinds: readonly ResourceKind[] = [
  { type: 'cluster', collection: 'clusters', message: 'envoy.config.cluster.v3.Cluster' },
  { type: 'route', collection: 'routes', message: 'envoy.config.route.v3.RouteConfiguration' },
  { type: 'listener', collection: 'listeners', message: 'envoy.config.listener.v3.Listener' },
];

/** The kind of a resource type. */
export function resourceKindOf(type: ResourceType): ResourceKind {
  return resourceKinds.find((kind) => kind.type === type) as ResourceKind;
}

/** The value of `@type` and `type_url` for a protobuf message. */
export const typeUrlOf = (message: string): string => `type.googleapis.com/${message}`;
