import { expect } from 'chai';
import type { Type } from 'protobufjs';
import { findMessageType } from './envoy-messages.js';
import { encodeJson } from './proto-json.js';

const cluster = findMessageType('envoy.config.cluster.v3.Cluster') as Type;
const listener = findMessageType('envoy.config.listener.v3.Listener') as Type;

const decoded = (type: Type, json: unknown) => type.toObject(type.decode(encodeJson(type, json)), { longs: Number });

describe('encodeJson(type, json)', () => {
  it('encodes a cluster with durations, wrapped values, enums, maps and lists', () => {
    const json = {
      name: 'ledger',
      connect_timeout: '0.25s',
      type: 'LOGICAL_DNS',
      per_connection_buffer_limit_bytes: 32768,
      circuit_breakers: { thresholds: [{ max_requests: 10 }] },
      metadata: { filter_metadata: { flowplane: { owner: 'payments', tier: 1, tags: ['a', null, true] } } },
    };
    const string = (stringValue: string) => ({ stringValue });
    const tags = { listValue: { values: [string('a'), { nullValue: 0 }, { boolValue: true }] } };
    expect(decoded(cluster, json)).to.deep.equal({
      name: 'ledger',
      connect_timeout: { seconds: 0, nanos: 250_000_000 },
      type: 2,
      per_connection_buffer_limit_bytes: { value: 32768 },
      circuit_breakers: { thresholds: [{ max_requests: { value: 10 } }] },
      metadata: {
        filter_metadata: { flowplane: { fields: { owner: string('payments'), tier: { numberValue: 1 }, tags } } },
      },
    });
  });

  it('accepts field names in camel case', () => {
    expect(decoded(cluster, { connectTimeout: '-1.5s' })).to.deep.equal({
      connect_timeout: { seconds: -1, nanos: -500_000_000 },
    });
  });

  it('encodes an Any as the message of its @type', () => {
    const router = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
    const manager = listener.root.lookupType(
      'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    );
    const api = {
      '@type': `type.googleapis.com/${manager.fullName.slice(1)}`,
      stat_prefix: 'x',
      http_filters: [{ name: 'router', typed_config: { '@type': router } }],
    };
    const { api_listener } = decoded(listener, { api_listener: { api_listener: api } });
    const decodedManager = manager.toObject(manager.decode(api_listener.api_listener.value));
    expect(decodedManager['http_filters'][0].typed_config.type_url).to.equal(router);
  });

  const wrong: [json: unknown, message: string][] = [
    [[], 'the resource must be an object'],
    [{ nam: 'x' }, '"nam" is not a field of envoy.config.cluster.v3.Cluster'],
    [{ constructor: 7 }, '"constructor" is not a field of envoy.config.cluster.v3.Cluster'],
    [JSON.parse('{"__proto__":{}}'), '"__proto__" is not a field of envoy.config.cluster.v3.Cluster'],
    [{ name: 7 }, '"name" must be a string'],
    [{ connect_timeout: 1 }, '"connect_timeout" must be seconds such as "0.25s"'],
    [{ type: 'FAST' }, '"type" must be one of STATIC, STRICT_DNS, LOGICAL_DNS, EDS, ORIGINAL_DST'],
    [{ circuit_breakers: { thresholds: {} } }, '"circuit_breakers.thresholds" must be a list'],
    [{ per_connection_buffer_limit_bytes: 1.5 }, '"per_connection_buffer_limit_bytes" must be an integer'],
    [{ per_connection_buffer_limit_bytes: -1 }, 'an integer from 0 to 4294967295'],
    [{ per_connection_buffer_limit_bytes: 2 ** 32 }, 'an integer from 0 to 4294967295'],
    [{ per_connection_buffer_limit_bytes: ' 1' }, 'an integer from 0 to 4294967295'],
    [{ round_robin_lb_config: { slow_start_config: { aggression: { default_value: '1.5x' } } } }, 'must be a number'],
    [{ connect_timeout: '315576000001s' }, '"connect_timeout" must be seconds such as "0.25s"'],
    [{ connect_timeout: '1s', connectTimeout: '2s' }, '"connectTimeout" is given twice'],
    [{ type: 'STATIC', cluster_type: {} }, '"cluster_type" and "type" cannot be set together'],
    [
      { load_assignment: { endpoints: [{ lb_endpoints: [7] }] } },
      '"load_assignment.endpoints[0].lb_endpoints[0]" must',
    ],
    [{ cluster_type: { typed_config: { '@type': 'x' } } }, '"cluster_type.typed_config.@type" is an unknown type'],
  ];
  it('accepts integers as strings, up to 64 bits', () => {
    const ring = { minimum_ring_size: '9007199254740993', maximum_ring_size: 8 };
    const { ring_hash_lb_config } = cluster.toObject(
      cluster.decode(encodeJson(cluster, { per_connection_buffer_limit_bytes: '7', ring_hash_lb_config: ring })),
      { longs: String },
    );
    expect(ring_hash_lb_config.minimum_ring_size.value).to.equal('9007199254740993');
  });

  it('accepts other numbers as strings', () => {
    const config = (value: unknown) => ({
      slow_start_config: { aggression: { default_value: value, runtime_key: 'x' } },
    });
    const taken = (value: unknown) =>
      decoded(cluster, { round_robin_lb_config: config(value) })['round_robin_lb_config'].slow_start_config.aggression
        .default_value;
    expect(['1.5', '-2e3', 'Infinity', 0.5].map(taken)).to.deep.equal([1.5, -2000, Infinity, 0.5]);
  });

  it('accepts bytes as base64 of both alphabets, and refuses other text', () => {
    const routes = findMessageType('envoy.config.route.v3.RouteConfiguration') as Type;
    const answering = (inline_bytes: string) => ({
      virtual_hosts: [{ routes: [{ direct_response: { body: { inline_bytes } } }] }],
    });
    const bytes = (text: string) =>
      decoded(routes, answering(text))['virtual_hosts'][0].routes[0].direct_response.body.inline_bytes as Buffer;
    for (const text of ['+/8=', '-_8', '+/8']) expect([...bytes(text)]).to.deep.equal([0xfb, 0xff]);
    for (const text of ['!!! no', 'a', 'ab=', '====']) {
      expect(() => bytes(text), text).to.throw('inline_bytes" must be base64');
    }
  });

  for (const [json, message] of wrong) {
    it(`refuses the JSON ${JSON.stringify(json)}`, () => {
      expect(() => encodeJson(cluster, json)).to.throw(message);
    });
  }
});
