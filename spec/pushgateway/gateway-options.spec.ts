import { expect } from 'chai';
import { MetricsError, PrometheusRecorder } from '../../lib/index.js';
import { groupUrl } from '../../lib/pushgateway/group-url.js';
import { deleteFromGateway, pushToGateway } from '../../lib/pushgateway/index.js';
import { answers, FaultyReceiver } from '../sending/faulty-receiver.js';

const url = 'http://gateway:9091';

const messageOf = (given: object): Promise<string> =>
  pushToGateway(new PrometheusRecorder(), { url, job: 'nightly', ...given }).then(
    () => 'pushed',
    ({ message }) => message,
  );

describe('The options of pushToGateway', () => {
  const wrong: Readonly<Record<string, readonly [given: object, message: string]>> = {
    'a job that is empty': [{ job: '' }, '"job" must be a text that is not empty (given ""). Name the job.'],
    'a method that there is not': [{ method: 'PATCH' }, '"method" must be "PUT" or "POST"'],
    'a format that there is not': [{ format: 'json' }, '"format" must be "text" or "protobuf"'],
    'a timeout of 0': [{ timeoutSeconds: 0 }, '"timeoutSeconds" must be a number of seconds above 0'],
    'a grouping label job': [
      { grouping: { job: 'x' } },
      'grouping label "job" must have a legal name other than "job"',
    ],
    'a grouping value that is a number': [{ grouping: { a: 1 } }, 'grouping label "a" must have a legal name'],
    'an unknown option': [{ jobb: 'x' }, 'option "jobb" is unknown'],
    'an agent that is none': [{ agent: {} }, '"agent" must be an Agent of node:http or node:https'],
    'a certificate without its key': [
      { tls: { cert: '-----BEGIN CERTIFICATE-----' } },
      '"tls" must have both cert and key',
    ],
  };
  for (const [name, [given, message]] of Object.entries(wrong)) {
    it(`refuse, with what to do, ${name}`, async () => {
      expect(await messageOf(given)).to.contain(message);
    });
  }

  for (const recorder of [null, undefined, {}, 'recorder']) {
    it(`refuse, with what to do, ${JSON.stringify(recorder)} for a recorder`, async () => {
      const pushed = pushToGateway(recorder as never, { url, job: '' });
      const message = await pushed.catch((error) => error.message);
      expect(message).to.match(/"recorder" must be a recorder \(given .*\)\. Pass for example new Prometheus/);
      expect(message).to.contain('"job" must be a text that is not empty');
    });
  }

  for (const options of [null, undefined, 7]) {
    it(`must be there, and not ${JSON.stringify(options)}`, async () => {
      const errors = await Promise.all(
        [pushToGateway(new PrometheusRecorder(), options as never), deleteFromGateway(options as never)].map(
          (promise) => promise.catch((error) => error),
        ),
      );
      for (const error of errors) expect(error).to.be.instanceOf(MetricsError);
      if (options !== 7) expect(errors[0].message).to.contain('"url" must be').and.contain('"job" must be');
    });
  }

  const secrets: Readonly<Record<string, object>> = {
    'a URL with a password': { url: 'http://ada:s3cret@gateway' },
    'a header with a line break': { headers: { Authorization: 's3cret\n' } },
    'a user with a colon': { basicAuth: { username: 'a:b', password: 's3cret' } },
    'a key that is none': { tls: { cert: '-----BEGIN CERTIFICATE-----', key: 's3cret' } },
  };
  for (const [name, given] of Object.entries(secrets)) {
    it(`refuse ${name}, which the error does not show`, async () => {
      const message = await messageOf(given);
      expect(message).to.contain('(given something else)');
      expect(message).to.not.contain('s3cret');
    });
  }

  it('give the URL of a group below the path of the gateway', () => {
    const grouping = { region: 'eu', path: 'a/b', none: '' };
    expect(groupUrl({ url: `${url}/push/`, job: 'nightly', grouping }).href).to.equal(
      `${url}/push/metrics/job/nightly/region/eu/path@base64/YS9i/none@base64/=`,
    );
  });
});

describe('A push to a gateway that fails', () => {
  const receiver = new FaultyReceiver();
  before(() => receiver.start());
  after(() => receiver.stop());

  const failed = (given: object = {}): Promise<string> => messageOf({ url: receiver.url, ...given });

  const meanings: Readonly<Record<number, string>> = {
    301: 'a redirect, which is not followed: status 301',
    403: 'credentials that may not push: status 403',
    413: 'more than it takes: status 413',
    500: 'a request that it cannot answer now: status 500, "out of memory"',
  };
  for (const [status, words] of Object.entries(meanings)) {
    it(`says what ${status} means`, async () => {
      receiver.reset(
        answers(Number(status), { Location: 'http://elsewhere/' }, status === '500' ? 'out of\nmemory' : ''),
      );
      expect(await failed()).to.contain(`for job "nightly" (given ${words})`);
      expect(receiver.received).to.have.length(1);
    });
  }

  it('says no secret that the gateway repeats', async () => {
    const basicAuth = { username: 'ada', password: 's3cret-word' };
    for (const said of [
      's3cret-word',
      Buffer.from('ada:s3cret-word').toString('base64'),
      `${'x'.repeat(290)} s3cret-word`,
    ]) {
      receiver.reset(answers(401, {}, `no such login: ${said}`));
      expect(await failed({ basicAuth }))
        .to.match(/no credentials that it knows/)
        .and.not.match(/s3c|YWRh/);
    }
  });

  it('says no key in the query of the URL that the gateway repeats', async () => {
    receiver.reset((response, { url }) => response.writeHead(404).end(`nothing at ${url}`));
    expect(await failed({ url: `${receiver.url}/?key=s3cret-word` }))
      .to.contain('?key=***')
      .and.not.match(/s3c/);
  });

  it('comes again with the same body after 503', async () => {
    receiver.reset(answers(503, { 'Retry-After': '0' }), answers(200));
    expect(await failed()).to.equal('pushed');
    const [first, second] = receiver.received;
    expect(first?.body.equals(second?.body as Buffer)).to.equal(true);
  });

  it('ends within its timeout where the gateway hangs', async () => {
    receiver.reset(() => undefined);
    expect(await failed({ timeoutSeconds: 0.1 })).to.match(/no answer came within 0\.\d+ s/);
  });

  it('says so where the metrics cannot be collected', async () => {
    const broken = { exposedFamilies: () => Promise.reject(new Error('broken')) };
    const pushed = pushToGateway(broken, { url: receiver.url, job: 'nightly' });
    expect(await pushed.catch(({ message }) => message)).to.contain(
      'the metrics could not be collected). Look at the collectors',
    );
  });

  it('says for a deletion which gateway and which job', async () => {
    receiver.reset(answers(404));
    const deleted = deleteFromGateway({ url: `${receiver.url}/push/`, job: 'nightly' });
    expect(await deleted.catch(({ message }) => message)).to.contain(
      `deleteFromGateway: the Pushgateway at ${receiver.url}/push has not done it for job "nightly"`,
    );
    expect(receiver.received[0]?.method).to.equal('DELETE');
  });
});
