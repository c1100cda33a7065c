import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { expectAlert, type RecordedSeries, recordSeries } from 'flowplane-metrics/testing';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.js';
import { openDatabase } from '../control-plane/resources/open-database.js';
import { testConfig } from '../control-plane/testing/test-config.js';
import { startTestControlPlane } from '../control-plane/testing/test-control-plane.js';
import { monitoringFolder } from '../monitoring/paths.js';
import { Model } from './model.js';
import { needs } from './needs.js';
import { Traffic } from './traffic.js';

const rules = join(monitoringFolder, 'rules/alerting.yml');
const otherRules = [join(monitoringFolder, 'rules/recording.yml')];
const every = '10s';
const labels = { job: 'flowplane', instance: '127.0.0.1:9090' };

describe('The alerts of the sample, on what a real control plane exposes', () => {
  let plane: ControlPlane;
  let traffic: Traffic;
  let series: RecordedSeries;

  before(function () {
    needs(this, 'promtool');
  });

  beforeEach(async () => {
    plane = await startTestControlPlane();
    traffic = new Traffic(plane, new Model(labels));
    series = await recordSeries(plane.recorder, every, { labels });
  });

  afterEach(() => plane?.close());

  const alert = (name: string) => expectAlert(name, { rules, otherRules, series });

  async function readOften(times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) await traffic.list('checkout', 'payments', 'cluster');
    await traffic.waitUntilCounted();
  }

  it('fire for six attempts within one scrape interval, the first ones ever', async () => {
    await series.pass('1m');
    await readOften(6);
    await series.pass('1m');
    await alert('FlowplaneCrossTeamAttempts').toFireAfter('70s');
  });

  it('stay quiet for five attempts in five minutes, and for what a team does with its own resources', async () => {
    await readOften(3);
    await series.pass('6m');
    await readOften(5);
    await traffic.create('payments', 'cluster', 'a');
    await series.pass('1m');
    await alert('FlowplaneCrossTeamAttempts').toStayQuiet();
    await alert('FlowplaneNacks').toStayQuiet();
    await alert('FlowplaneExporterAbsent').toStayQuiet();
  });

  it('fire for the first response that a proxy refuses, after a minute', async () => {
    const proxy = await traffic.connect('checkout', 'route');
    await series.pass('1m');
    traffic.refusingProxy = proxy;
    await traffic.create('checkout', 'route', 'wrong');
    await series.pass('2m');
    await traffic.disconnect(proxy);
    await alert('FlowplaneNacks').toFireAfter('130s');
  });

  /** Sends a request whose body takes its time, as over a bad line. */
  async function sendSlowly(milliseconds: number): Promise<void> {
    const headers = { authorization: 'Bearer demo-payments', 'content-type': 'application/json', connection: 'close' };
    const sent = request(`${plane.apiUrl}/api/v1/teams/payments/clusters`, { method: 'POST', headers });
    sent.write('{');
    await wait(milliseconds);
    sent.end('}');
    const [response] = await once(sent, 'response');
    await once(response.resume(), 'end');
  }

  it('fire where requests of a route are slow for five minutes', async () => {
    for (let i = 0; i < 4; i += 1) {
      await sendSlowly(600);
      await series.pass('2m');
    }
    await alert('FlowplaneSlowRequests').toFire();
    await alert('FlowplaneRequestErrors').toStayQuiet();
  });

  /** Takes what a run writes into the log of the control plane, in which the alert says to look. */
  async function takeLog(run: () => Promise<void>): Promise<string> {
    const { error } = console;
    let logged = '';
    console.error = (...words) => {
      logged += words.join(' ');
    };
    await run().finally(() => {
      console.error = error;
    });
    return logged;
  }

  it('fire where the database is gone, and requests fail for five minutes', async () => {
    await plane.close();
    const database = await openDatabase(undefined);
    plane = await startControlPlane(testConfig, database);
    series = await recordSeries(plane.recorder, every, { labels });
    await database.close();
    const logged = await takeLog(async () => {
      for (let i = 0; i < 4; i += 1) {
        await fetch(`${plane.apiUrl}/api/v1/teams/payments/clusters`, {
          headers: { authorization: 'Bearer demo-payments', connection: 'close' },
        });
        await series.pass('2m');
      }
    });
    expect(logged).to.contain('PGlite is closed');
    await alert('FlowplaneRequestErrors').toFire();
    await alert('FlowplaneSlowRequests').toStayQuiet();
  });

  it('fire fast where more than six of a hundred tokens are refused, and stay quiet where fewer are, or none was sent', async () => {
    const name = 'AuthAuthenticationsTotalErrorBudgetBurnsFast';
    const burn = () => expectAlert(name, { rules: join(monitoringFolder, 'rules/flowplane-metrics.yml'), series });
    const send = async (header: string | undefined, status: string, times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) await traffic.authenticate(header, status);
    };
    await series.pass('1m');
    for (let i = 0; i < 18; i += 1) await traffic.list('payments', 'payments', 'cluster');
    await send('Bearer replaced', 'unknown', 1);
    await send(undefined, 'missing', 3);
    await series.pass('2m');
    await burn().toStayQuiet();
    await send('Basic a', 'malformed', 2);
    await series.pass('2m');
    await burn().toFire();
  });

  it('fire where Prometheus has no target in the job, after five minutes', async () => {
    series = await recordSeries(plane.recorder, every, { labels: { ...labels, job: 'another' } });
    await series.pass('6m');
    await alert('FlowplaneExporterAbsent').toFireAfter('5m');
  });
});
