import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import { expect } from 'chai';
import { Gauge as PromGauge, Registry } from 'prom-client';
import { defineCounter, defineGauge, defineHistogram, type MetricsError, PrometheusRecorder } from '../../lib/index.js';
import { deleteFromGateway, pushToGateway } from '../../lib/pushgateway/index.js';
import { ListeningProcess } from '../listening-process.js';
import { needs } from '../needs.js';
import { Certificates } from '../server/certificates.js';

const rows = defineCounter({ name: 'rows_total', help: 'Rows', labels: { table: {} } });
const size = defineGauge({ name: 'backup_bytes', help: 'Size', unit: 'bytes' });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 5] });

function filled(): PrometheusRecorder {
  const recorder = new PrometheusRecorder();
  recorder.counter(rows).inc({ table: 'users' }, 42);
  recorder.gauge(size).set({}, 5e9);
  recorder.histogram(wait).observe({}, 3);
  return recorder;
}

/** What was thrown, or `undefined`. */
const thrownBy = (pushed: Promise<void>): Promise<MetricsError | undefined> =>
  pushed.then(
    () => undefined,
    (error) => error,
  );

for (const command of ['prometheus-pushgateway', 'prometheus-pushgateway-next']) {
  describe(`A real Pushgateway (${command}) that a job pushes to`, () => {
    let gateway: ListeningProcess;
    let url: string;

    before(async function () {
      needs(this, command);
      gateway = await ListeningProcess.start(command, ['--web.listen-address=127.0.0.1:0', '--persistence.file=']);
      url = gateway.url;
    });

    after(() => gateway?.stop());

    const exposed = async (): Promise<string[]> => {
      const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
      return (await response.text()).split('\n').filter((line) => /^(rows|backup|wait|other)/.test(line));
    };

    for (const format of ['text', 'protobuf'] as const) {
      it(`exposes a counter, a gauge and a histogram with job and grouping, pushed as ${format}`, async () => {
        await pushToGateway(filled(), { url, job: 'nightly', grouping: { region: 'eu' }, format });
        const labels = 'instance="",job="nightly",region="eu"';
        expect(await exposed()).to.include.members([
          `rows_total{${labels},table="users"} 42`,
          `backup_bytes{${labels}} 5e+09`,
          `wait_seconds_bucket{${labels},le="5"} 1`,
          `wait_seconds_sum{${labels}} 3`,
        ]);
        await deleteFromGateway({ url, job: 'nightly', grouping: { region: 'eu' } });
        expect(await exposed()).to.deep.equal([]);
      });
    }

    for (const value of ['', '/', 'a/b', '..', '.', 'ä ö', 'a%2Fb', '?x=1#y', '\n"\\', 'plain-1.2_3']) {
      it(`has a group whose job or label is ${JSON.stringify(value)}, pushed to and deleted`, async () => {
        const group = { url, job: value || 'empty', grouping: { region: value } };
        await pushToGateway(filled(), group);
        const response = await fetch(`${url}/api/v1/metrics`, { headers: { connection: 'close' } });
        const { data } = (await response.json()) as { data: { labels: Record<string, string> }[] };
        expect(data.map(({ labels }) => labels)).to.deep.equal([{ job: group.job, region: value }]);
        await deleteFromGateway(group);
        expect(await exposed()).to.deep.equal([]);
      });
    }

    it('keeps with POST the families that are not pushed, and drops them with PUT', async () => {
      const group = { url, job: 'nightly' };
      await pushToGateway(filled(), group);
      const other = new PrometheusRecorder();
      other.gauge(defineGauge({ name: 'other', help: 'Other' })).set({}, 1);
      await pushToGateway(other, { ...group, method: 'POST' });
      expect((await exposed()).map((line) => line.split('{')[0])).to.include.members(['rows_total', 'other']);
      await pushToGateway(other, group);
      expect((await exposed()).map((line) => line.split('{')[0])).to.deep.equal(['other']);
      await deleteFromGateway(group);
    });

    it('refuses a family that another group has with another type, which the error says in words', async () => {
      await pushToGateway(filled(), { url, job: 'first' });
      const other = new PrometheusRecorder();
      other
        .gauge(defineGauge({ name: 'rows_total', help: 'Rows', labels: { table: {} }, advice: false }))
        .set({ table: 'users' }, 1);
      const error = await thrownBy(pushToGateway(other, { url, job: 'second' }));
      expect(error?.code).to.equal('push_failed');
      expect(error?.message).to.match(
        /contradicts one that another group has.*status 400.*Rename the family, or delete/s,
      );
      await deleteFromGateway({ url, job: 'first' });
      await deleteFromGateway({ url, job: 'second' });
    });

    it('refuses two series that the label of the group makes the same, which the error says in words', async () => {
      const recorder = new PrometheusRecorder();
      for (const table of ['users', 'rooms']) recorder.counter(rows).inc({ table });
      const error = await thrownBy(pushToGateway(recorder, { url, job: 'nightly', grouping: { table: 'all' } }));
      expect(error?.message).to.match(/the same series twice.*Rename the label of the family/s);
      await deleteFromGateway({ url, job: 'nightly', grouping: { table: 'all' } });
    });

    it('takes the metrics of a registry of prom-client', async () => {
      const registry = new Registry();
      new PromGauge({ name: 'other_rooms', help: 'Rooms', registers: [registry] }).set(3);
      await pushToGateway(new PrometheusRecorder({ registry }), { url, job: 'nightly' });
      expect(await exposed()).to.deep.equal(['other_rooms{instance="",job="nightly"} 3']);
      await deleteFromGateway({ url, job: 'nightly' });
    });

    it('has not what is pushed to the wrong path, which the error says', async () => {
      const error = await thrownBy(pushToGateway(filled(), { url: `${url}/metrics`, job: 'nightly' }));
      expect(error?.message).to.match(/none of a Pushgateway.*status 40[45].*without "\/metrics"/s);
    });
  });

  describe(`A real Pushgateway (${command}) with TLS and basic authentication`, () => {
    let gateway: ListeningProcess;
    let certificates: Certificates;
    let options: Parameters<typeof deleteFromGateway>[0];

    before(async function () {
      needs(this, command);
      needs(this, 'openssl');
      certificates = new Certificates();
      const authority = certificates.authority('authority');
      const { certFile, keyFile } = certificates.signed('gateway', authority);
      const file = join(certificates.folder, 'web.yml');
      writeFileSync(
        file,
        `tls_server_config: { cert_file: ${certFile}, key_file: ${keyFile} }\nbasic_auth_users: { ada: '${await hash('secret')}' }\n`,
      );
      gateway = await ListeningProcess.start(command, [
        ...['--web.listen-address=127.0.0.1:0', '--persistence.file=', `--web.config.file=${file}`],
      ]);
      options = {
        url: gateway.url.replace('http:', 'https:'),
        job: 'nightly',
        tls: { ca: readFileSync(authority.certFile, 'utf8') },
        basicAuth: { username: 'ada', password: 'secret' },
      };
    });

    after(async () => {
      await gateway?.stop();
      certificates?.remove();
    });

    it('takes what is pushed by whom it knows, and deletes it', async () => {
      await pushToGateway(filled(), options);
      await deleteFromGateway(options);
    });

    it('refuses a wrong password, which appears in no error', async () => {
      const basicAuth = { username: 'ada', password: 'not-the-secret' };
      const error = await thrownBy(pushToGateway(filled(), { ...options, basicAuth }));
      expect(error?.message).to.match(/no credentials that it knows.*status 401.*Check "basicAuth"/s);
      expect(JSON.stringify([error?.message, error?.stack])).to.not.match(/not-the-secret|Authorization|Basic /);
    });

    it('gets nothing where its certificate is not trusted', async () => {
      const error = await thrownBy(pushToGateway(filled(), { ...options, tls: undefined, timeoutSeconds: 2 }));
      expect(error?.message).to.match(/certificate/);
    });
  });
}
