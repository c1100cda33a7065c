import { expect } from 'chai';
import { HttpClient, type OutgoingRequest } from '../../lib/sending/http-client.js';
import { deliver, type Persistence } from '../../lib/sending/retries.js';
import { answers, FaultyReceiver } from './faulty-receiver.js';

describe('A delivery to a receiver', () => {
  const receiver = new FaultyReceiver();
  let client: HttpClient;

  before(() => receiver.start());
  after(() => receiver.stop());
  beforeEach(() => {
    client = new HttpClient();
  });
  afterEach(() => client.close());

  const request = (): OutgoingRequest => ({
    method: 'POST',
    url: new URL(receiver.url),
    headers: { 'X-Key': 'secret' },
    body: [Buffer.from('numb'), Buffer.from('ers')],
  });
  const usual: Persistence = { trySeconds: 20, seconds: 40, maxTries: 3 };
  const send = (given: Partial<Persistence> = {}) => deliver(client, request(), { ...usual, ...given });

  it('has the body in one piece, with its length', async () => {
    receiver.reset();
    expect((await send()).answer?.status).to.equal(200);
    const [received] = receiver.received;
    expect(received?.body.toString()).to.equal('numbers');
    expect(received?.headers['content-length']).to.equal('7');
  });

  it('uses one connection for many requests', async () => {
    receiver.reset();
    for (let i = 0; i < 5; i++) await send();
    expect(receiver.connections).to.equal(1);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`comes again after ${status}`, async () => {
      receiver.reset(answers(status, { 'Retry-After': '0' }), answers(200));
      expect((await send()).answer?.status).to.equal(200);
      expect(receiver.received).to.have.length(2);
    });
  }

  for (const status of [200, 204, 301, 400, 401, 404, 413, 500, 501]) {
    it(`comes once only after ${status}`, async () => {
      receiver.reset(answers(status, { Location: '/elsewhere' }));
      expect((await send()).answer?.status).to.equal(status);
      expect(receiver.received).to.have.length(1);
    });
  }

  it('comes again where the connection was reset, for as often as it may', async () => {
    receiver.reset((response) => response.destroy());
    expect(await send({ maxTries: 2 })).to.deep.equal({ reason: 'the connection was reset' });
    expect(receiver.received).to.have.length(2);
  });

  it('waits as long as Retry-After says, as a number of seconds or as a date', async () => {
    for (const wanted of [() => '1', () => new Date(Date.now() + 2000).toUTCString()]) {
      receiver.reset(answers(429, { 'Retry-After': wanted() }), answers(200));
      const started = performance.now();
      expect((await send()).answer?.status).to.equal(200);
      // Why: the usual pause after the first try is at most half a second.
      expect(performance.now() - started).to.be.above(600);
    }
  });

  it('ends early where Retry-After leaves no time, and says how long that is', async () => {
    receiver.reset(answers(503, { 'Retry-After': '3600' }));
    const { answer, retryAfterSeconds } = await send();
    expect([answer?.status, retryAfterSeconds]).to.deep.equal([503, 300]);
    expect(receiver.received).to.have.length(1);
  });

  it('ends within its time where the receiver hangs', async () => {
    receiver.reset(() => undefined);
    const { reason } = await send({ trySeconds: 0.05, seconds: 0.05 });
    expect(reason).to.match(/^no answer came within 0\.0\d+ s$/);
  });

  it('counts as answered where the body of the answer does not end', async () => {
    receiver.reset((response) => response.writeHead(200).write('beginning'));
    const { answer } = await send({ trySeconds: 2 });
    expect([answer?.status, answer?.body.toString()]).to.deep.equal([200, 'beginning']);
    expect(receiver.received).to.have.length(1);
  });

  for (const megabytes of [3, 100]) {
    it(`keeps of an answer of ${megabytes} MB its beginning alone`, async () => {
      receiver.reset(answers(200, {}, Buffer.alloc(megabytes * 1024 * 1024)));
      const { answer } = await send();
      expect(answer?.status).to.equal(200);
      expect(answer?.body.length).to.be.within(1, 128 * 1024);
    });
  }

  it('says in one line why there is no connection by TLS', async () => {
    const url = new URL(receiver.url.replace('http:', 'https:'));
    const { reason } = await deliver(client, { ...request(), url }, { ...usual, maxTries: 1 });
    expect(reason).to.match(/^[ -~]+$/);
  });

  it('ends at once where it is given up', async () => {
    receiver.reset(() => giveUp.abort());
    const giveUp = new AbortController();
    expect(await send({ signal: giveUp.signal })).to.deep.equal({ reason: 'it was given up' });
  });

  it('sends nothing where it is given up before it has begun', async () => {
    receiver.reset();
    const giveUp = new AbortController();
    const sent = send({ signal: giveUp.signal });
    giveUp.abort();
    expect(await sent).to.deep.equal({ reason: 'it was given up' });
    expect(receiver.received).to.deep.equal([]);
  });

  it('says in words that nothing listens, and never a header', async () => {
    const closed = new FaultyReceiver();
    await closed.start();
    const url = new URL(closed.url);
    closed.stop();
    const delivery = await deliver(client, { ...request(), url }, { ...usual, maxTries: 1 });
    expect(delivery).to.deep.equal({ reason: 'nothing listens there' });
  });
});
