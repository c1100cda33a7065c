import { expect } from 'chai';
import type { DiscoveryRequest } from './ads-protocol.js';
import type { Snapshot } from './discovery.js';
import { Subscription } from './subscription.js';

const snapshot = (version: string, ...names: string[]): Snapshot => ({
  type: 'cluster',
  version,
  resources: names.map((name) => ({ name, spec: {} })),
});

const request = (nonce = '', rest: Partial<DiscoveryRequest> = {}): DiscoveryRequest => ({
  version_info: '',
  resource_names: [],
  type_url: '',
  response_nonce: nonce,
  ...rest,
});

describe('Subscription', () => {
  let subscription: Subscription;

  beforeEach(() => {
    subscription = new Subscription();
    expect(subscription.receive(request())).to.equal('subscribed');
    expect(subscription.next(snapshot('v1', 'a', 'b'))).to.deep.include({ version_info: 'v1', nonce: '1' });
  });

  it('sends nothing until the proxy has answered, and then only a new version', () => {
    expect(subscription.next(snapshot('v2'))).to.equal(undefined);
    expect(subscription.receive(request('1'))).to.equal('acknowledged');
    expect(subscription.next(snapshot('v1'))).to.equal(undefined);
    expect(subscription.next(snapshot('v2'))).to.deep.include({ version_info: 'v2', nonce: '2' });
  });

  it('does not send a refused version again', () => {
    expect(subscription.receive(request('1', { error_detail: { message: 'no' } }))).to.equal('refused');
    expect(subscription.next(snapshot('v1'))).to.equal(undefined);
    expect(subscription.next(snapshot('v2'))?.nonce).to.equal('2');
  });

  it('ignores the answer to an older response', () => {
    expect(subscription.receive(request('0'))).to.equal('stale');
    expect(subscription.next(snapshot('v2'))).to.equal(undefined);
  });

  it('sends no resources to a proxy that has removed its last name', () => {
    expect(subscription.receive(request('1', { resource_names: ['b'] }))).to.equal('subscribed');
    expect(subscription.next(snapshot('v1', 'a', 'b'))?.resources).to.have.length(1);
    expect(subscription.receive(request('2'))).to.equal('subscribed');
    expect(subscription.next(snapshot('v1', 'a', 'b'))?.resources).to.deep.equal([]);
    expect(subscription.receive(request('3', { resource_names: ['*', 'b'] }))).to.equal('subscribed');
    expect(subscription.next(snapshot('v1', 'a', 'b'))?.resources).to.have.length(2);
  });

  it('sends the same version to a proxy that asks for other names', () => {
    expect(subscription.receive(request('1', { resource_names: ['b'] }))).to.equal('subscribed');
    expect(subscription.next(snapshot('v1', 'a', 'b'))?.resources).to.have.length(1);
  });
});
