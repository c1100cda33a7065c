const manager = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const router = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const sameStream = { ads: {}, resource_api_version: 'V3' };

/** The listener, route and cluster with which a gRPC client finds a service at `xds:///{name}`. */
export function serviceResources(name: string, port: number): Readonly<Record<string, object>> {
  const address = { socket_address: { address: 'localhost', port_value: port } };
  return {
    listeners: {
      name,
      api_listener: {
        api_listener: {
          '@type': manager,
          rds: { config_source: sameStream, route_config_name: name },
          http_filters: [{ name: 'router', typed_config: { '@type': router } }],
        },
      },
    },
    routes: {
      name,
      virtual_hosts: [{ name, domains: ['*'], routes: [{ match: { prefix: '' }, route: { cluster: name } }] }],
    },
    clusters: {
      name,
      type: 'LOGICAL_DNS',
      connect_timeout: '1s',
      load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    },
  };
}
