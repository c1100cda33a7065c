import { expect } from 'chai';
import { ApiClient } from '../control-plane/api/api-client.js';
import type { ControlPlane } from '../control-plane/control-plane.js';
import { type ResourceType, resourceKindOf } from '../control-plane/resources/resource.js';
import { readUntil } from '../control-plane/testing/read-until.js';
import { AdsClient } from '../control-plane/xds/ads-client.js';
import type { DiscoveryResponse } from '../control-plane/xds/ads-protocol.js';
import type { Model } from './model.js';

const requestCount = 'http_server_request_duration_seconds_count';

/** The families whose values follow from the traffic alone. */
export const predictedFamilies = [
  'xds_team_resources_total',
  'xds_team_connections',
  'xds_requests_total',
  'xds_nacks_total',
  'auth_authentications_total',
  'auth_cross_team_access_attempts_total',
  requestCount,
];

/** A proxy with an open stream. */
export interface ProxyStream {
  readonly team: string;
  readonly type: ResourceType;
  readonly client: AdsClient;
  readonly responses: AsyncIterator<DiscoveryResponse>;
}

/** One request to the API, and the status of its answer when the caller is allowed to send it. */
interface ApiRequest {
  readonly caller: string;
  readonly team: string;
  readonly type: ResourceType;
  readonly method: string;
  readonly name?: string;
  readonly body?: object;
  readonly status: number;
}

/** Sends real requests to a real control plane, and adds to the model what each of them must count. */
export class Traffic {
  readonly #plane: ControlPlane;
  readonly #model: Model;
  readonly #resources = new Map<string, Set<string>>();
  readonly #proxies = new Set<ProxyStream>();
  /** The proxy that refuses the next response that it receives. */
  refusingProxy: ProxyStream | undefined;

  constructor(plane: ControlPlane, model: Model) {
    this.#plane = plane;
    this.#model = model;
    for (const status of ['success', 'missing', 'malformed', 'unknown']) {
      model.set('auth_authentications_total', { status }, 0);
    }
  }

  async list(caller: string, team: string, type: ResourceType): Promise<void> {
    await this.#request({ caller, team, type, method: 'GET', status: 200 });
  }

  async create(team: string, type: ResourceType, name: string): Promise<void> {
    const names = this.#resources.get(team + type) ?? new Set();
    this.#resources.set(team + type, names.add(name));
    await this.#request({ caller: team, team, type, method: 'POST', body: { name }, status: 201 });
    await this.#answerPushes(team, type);
  }

  async remove(team: string, type: ResourceType, name: string): Promise<void> {
    this.#resources.get(team + type)?.delete(name);
    await this.#request({ caller: team, team, type, method: 'DELETE', name, status: 204 });
    await this.#answerPushes(team, type);
  }

  /** Sends a request with an Authorization header that must fail with this status of the metric. */
  async authenticate(authorization: string | undefined, status: string): Promise<void> {
    const headers = { connection: 'close', ...(authorization === undefined ? {} : { authorization }) };
    const response = await fetch(`${this.#plane.apiUrl}/api/v1/teams/payments/clusters`, { headers });
    expect(response.status).to.equal(401);
    this.#model.add('auth_authentications_total', { status });
    this.#countRequest('GET', '/api/v1/teams/:team/clusters', 401);
  }

  /** Sends a discovery request by REST. */
  async poll(caller: string, team: string, type: ResourceType): Promise<void> {
    const path = `/v3/discovery:${resourceKindOf(type).collection}`;
    const client = new ApiClient(this.#plane.apiUrl, `demo-${caller}`);
    const response = await client.send('POST', path, { node: { metadata: { team } } });
    const status = this.#authorize(caller, team, type) ? 200 : 403;
    expect(response.status).to.equal(status);
    this.#countRequest('POST', path, status);
    if (status === 200) {
      this.#model.add('xds_requests_total', { team, resource_type: type });
      this.#countListing(team, type);
    }
  }

  async connect(team: string, type: ResourceType): Promise<ProxyStream> {
    const client = new AdsClient(this.#plane.xdsAddress, team, `demo-${team}`);
    const proxy = { team, type, client, responses: client[Symbol.asyncIterator]() };
    this.#proxies.add(proxy);
    client.subscribe(type);
    this.#model.add('auth_authentications_total', { status: 'success' });
    this.#model.add('xds_team_connections', { team });
    this.#model.add('xds_requests_total', { team, resource_type: type });
    await this.#answer(proxy);
    return proxy;
  }

  async disconnect(proxy: ProxyStream): Promise<void> {
    this.#proxies.delete(proxy);
    proxy.client.close();
    this.#model.add('xds_team_connections', { team: proxy.team }, -1);
    await this.#waitForValue('xds_team_connections', { team: proxy.team });
  }

  /** Waits until every request is counted. Why: the server counts a request after the client has its answer. */
  async waitUntilCounted(): Promise<void> {
    const readCount = async () => {
      const families = await this.#plane.recorder.snapshot();
      const samples = families.find(({ name }) => name === 'http_server_request_duration_seconds')?.samples ?? [];
      const counts = samples.filter(({ name }) => name.endsWith('_count'));
      return counts.reduce((sum, { value }) => sum + value, 0);
    };
    const expected = this.#model.total(requestCount);
    expect(await readUntil(readCount, expected)).to.equal(expected);
  }

  async #request({ caller, team, type, method, name, body, status }: ApiRequest): Promise<void> {
    const { collection } = resourceKindOf(type);
    const client = new ApiClient(this.#plane.apiUrl, `demo-${caller}`);
    const path = `/api/v1/teams/${team}/${collection}${name === undefined ? '' : `/${name}`}`;
    const response = await client.send(method, path, body);
    const expected = this.#authorize(caller, team, type) ? status : 403;
    expect(response.status).to.equal(expected);
    this.#countRequest(method, `/api/v1/teams/:team/${collection}${name === undefined ? '' : '/:name'}`, expected);
    if (expected === status) this.#countListing(team, type);
  }

  /** Whether the caller may access the team's resources. Adds to the model what the check counts. */
  #authorize(caller: string, team: string, type: ResourceType): boolean {
    this.#model.add('auth_authentications_total', { status: 'success' });
    if (caller === team) return true;
    const labels = { from_team: caller, to_team: team, resource_type: type };
    this.#model.add('auth_cross_team_access_attempts_total', labels);
    return false;
  }

  #countRequest(method: string, route: string, status: number): void {
    this.#model.add(requestCount, {
      http_request_method: method,
      url_scheme: 'http',
      http_route: route,
      http_response_status_code: String(status),
    });
  }

  #countListing(team: string, type: ResourceType): void {
    const size = this.#resources.get(team + type)?.size ?? 0;
    this.#model.set('xds_team_resources_total', { team, resource_type: type }, size);
  }

  /** Has every proxy that subscribes to this type answer the response that the change sends it. */
  async #answerPushes(team: string, type: ResourceType): Promise<void> {
    for (const proxy of this.#proxies) if (proxy.team === team && proxy.type === type) await this.#answer(proxy);
  }

  async #answer(proxy: ProxyStream): Promise<void> {
    const { team, type, client, responses } = proxy;
    const labels = { team, resource_type: type };
    const refuses = this.refusingProxy === proxy;
    if (refuses) this.refusingProxy = undefined;
    client.answer((await responses.next()).value, refuses ? 'refused by a spec' : undefined);
    this.#model.add('xds_requests_total', labels);
    if (refuses) this.#model.add('xds_nacks_total', labels);
    this.#countListing(team, type);
    await this.#waitForValue('xds_requests_total', labels);
  }

  /** Waits until the control plane has the value of the model. */
  async #waitForValue(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const readValue = async () => {
      const family = (await this.#plane.recorder.snapshot()).find((one) => one.name === name);
      const pairs = Object.entries(labels);
      return family?.samples.find((sample) => pairs.every(([label, value]) => sample.labels[label] === value))?.value;
    };
    const expected = this.#model.value(name, labels);
    expect(await readUntil(readValue, expected)).to.equal(expected);
  }
}
