import { expect } from 'chai';
import { Client } from '../../api/client.js';
import type { ControlPlane } from '../../control-plane.js';
import { kindOf, type ResourceType } from '../../resources/resource.js';
import { until } from '../../until.js';
import { AdsClient } from '../../xds/ads-client.js';
import type { DiscoveryResponse } from '../../xds/ads-protocol.js';
import type { Model } from './model.js';

/** Families whose every number follows from the traffic. */
export const predicted = [
  'xds_team_resources_total',
  'xds_team_connections',
  'xds_requests_total',
  'xds_nacks_total',
  'auth_authentications_total',
  'auth_cross_team_access_attempts_total',
  'http_server_request_duration_seconds_count',
];

/** A proxy with an open stream. */
export interface ProxyStream {
  readonly team: string;
  readonly type: ResourceType;
  readonly client: AdsClient;
  readonly responses: AsyncIterator<DiscoveryResponse>;
}

/** Real clients of a real control plane; whatever they do, the model is told what should be counted of it. */
export class Traffic {
  readonly #plane: ControlPlane;
  readonly #model: Model;
  readonly #resources = new Map<string, Set<string>>();
  readonly #proxies = new Set<ProxyStream>();

  constructor(plane: ControlPlane, model: Model) {
    this.#plane = plane;
    this.#model = model;
    for (const status of ['success', 'missing', 'malformed', 'unknown']) {
      model.set('auth_authentications_total', { status }, 0);
    }
  }

  async list(as: string, team: string, type: ResourceType): Promise<void> {
    await this.#request(as, 'GET', team, type, '', 200);
  }

  async create(team: string, type: ResourceType, name: string): Promise<void> {
    const names = this.#resources.get(team + type) ?? new Set();
    this.#resources.set(team + type, names.add(name));
    await this.#request(team, 'POST', team, type, '', 201, { name });
    await this.#pushed(team, type);
  }

  async remove(team: string, type: ResourceType, name: string): Promise<void> {
    this.#resources.get(team + type)?.delete(name);
    await this.#request(team, 'DELETE', team, type, `/${name}`, 204);
    await this.#pushed(team, type);
  }

  /** Asks for what needs a token, with another header. */
  async authenticate(authorization: string | undefined, status: string): Promise<void> {
    const headers = { connection: 'close', ...(authorization === undefined ? {} : { authorization }) };
    const { status: code } = await fetch(`${this.#plane.apiUrl}/api/v1/teams/payments/clusters`, { headers });
    expect(code).to.equal(401);
    this.#model.add('auth_authentications_total', { status });
    this.#answered('GET', '/api/v1/teams/:team/clusters', 401);
  }

  /** Discovers by REST. */
  async poll(as: string, team: string, type: ResourceType): Promise<void> {
    const { collection } = kindOf(type);
    const request = { node: { metadata: { team } } };
    const answer = await new Client(this.#plane.apiUrl, `demo-${as}`).send(
      'POST',
      `/v3/discovery:${collection}`,
      request,
    );
    const status = this.#admitted(as, team, type) ? 200 : 403;
    expect(answer.status).to.equal(status);
    this.#answered('POST', `/v3/discovery:${collection}`, status);
    if (status === 200) {
      this.#model.add('xds_requests_total', { team, resource_type: type });
      this.#listed(team, type);
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
    await this.#seen('xds_team_connections', { team: proxy.team });
  }

  /** The next response that this proxy is sent will be refused. */
  refusing: ProxyStream | undefined;

  async #request(
    as: string,
    method: string,
    team: string,
    type: ResourceType,
    path: string,
    good: number,
    body?: object,
  ): Promise<void> {
    const { collection } = kindOf(type);
    const client = new Client(this.#plane.apiUrl, `demo-${as}`);
    const { status } = await client.send(method, `/api/v1/teams/${team}/${collection}${path}`, body);
    const expected = this.#admitted(as, team, type) ? good : 403;
    expect(status).to.equal(expected);
    this.#answered(method, `/api/v1/teams/:team/${collection}${path === '' ? '' : '/:name'}`, expected);
    if (expected === good) this.#listed(team, type);
  }

  #admitted(as: string, team: string, type: ResourceType): boolean {
    this.#model.add('auth_authentications_total', { status: 'success' });
    if (as === team) return true;
    const labels = { from_team: as, to_team: team, resource_type: type };
    this.#model.add('auth_cross_team_access_attempts_total', labels);
    return false;
  }

  #answered(method: string, route: string, status: number): void {
    this.#model.add('http_server_request_duration_seconds_count', {
      http_request_method: method,
      http_route: route,
      http_response_status_code: String(status),
    });
  }

  #listed(team: string, type: ResourceType): void {
    const size = this.#resources.get(team + type)?.size ?? 0;
    this.#model.set('xds_team_resources_total', { team, resource_type: type }, size);
  }

  /** Every proxy that wants this type is sent it anew. */
  async #pushed(team: string, type: ResourceType): Promise<void> {
    for (const proxy of this.#proxies) if (proxy.team === team && proxy.type === type) await this.#answer(proxy);
  }

  async #answer(proxy: ProxyStream): Promise<void> {
    const { team, type, client, responses } = proxy;
    const labels = { team, resource_type: type };
    const refused = this.refusing === proxy;
    this.refusing = refused ? undefined : this.refusing;
    client.answer((await responses.next()).value, refused ? 'a spec refuses it' : undefined);
    this.#model.add('xds_requests_total', labels);
    if (refused) this.#model.add('xds_nacks_total', labels);
    this.#listed(team, type);
    await this.#seen('xds_requests_total', labels);
  }

  /** Waits until every request was counted, which is once its answer has left: its client may have it before that. */
  async settled(): Promise<void> {
    const counted = async () => {
      const families = await this.#plane.recorder.snapshot();
      const samples = families.find(({ name }) => name === 'http_server_request_duration_seconds')?.samples ?? [];
      const counts = samples.filter(({ name }) => name.endsWith('_count'));
      return counts.reduce((sum, { value }) => sum + value, 0);
    };
    const expected = this.#model.total('http_server_request_duration_seconds_count');
    expect(await until(counted, expected)).to.equal(expected);
  }

  /** Waits until the control plane has counted what the model has. */
  async #seen(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const value = async () => {
      const family = (await this.#plane.recorder.snapshot()).find((one) => one.name === name);
      const wanted = Object.entries(labels);
      return family?.samples.find((one) => wanted.every(([label, value]) => one.labels[label] === value))?.value;
    };
    expect(await until(value, this.#model.value(name, labels))).to.equal(this.#model.value(name, labels));
  }
}
