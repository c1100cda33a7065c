import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { xdsRequests } from '../control-plane/metrics.js';
import { startTestControlPlane } from '../control-plane/testing/test-control-plane.js';
import { monitoringFolder } from '../monitoring/paths.js';
import { Backfill } from './backfill.js';
import { parseSamples } from './exposition-text.js';
import { Model } from './model.js';
import { needs } from './needs.js';
import { Traffic } from './traffic.js';

const promtool = (...args: string[]): string =>
  execFileSync('promtool', args, { cwd: join(monitoringFolder, 'rules'), encoding: 'utf8', stdio: 'pipe' });

describe('The rules of the sample', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'promtool');
  });

  it('load as part of the configuration of Prometheus', () => {
    expect(promtool('check', 'config', '../prometheus.yml'))
      .to.contain('14 rules found')
      .and.contain('8 rules found');
  });

  for (const kind of ['recording', 'alerting']) {
    it(`pass their own tests: ${kind}.test.yml`, () => {
      expect(promtool('test', 'rules', `${kind}.test.yml`)).to.contain('SUCCESS');
    });
  }
});

describe('The alerts of the sample, in a Prometheus whose series appear with their first event', function () {
  this.timeout(120_000);
  const target = { job: 'flowplane', instance: '127.0.0.1:9090' };
  const step = 10;
  const quietScrapes = 66;

  it('fire for a first refusal, a first loss, and attempts within one scrape interval', async function () {
    needs(this, 'prometheus');
    const first = Math.floor(Date.now() / 1000 / step) * step - 4 * 3600;
    const backfill = new Backfill();
    const plane = await startTestControlPlane();
    const scrape = async () => {
      const samples = parseSamples(await (await fetch(plane.metricsUrl)).text());
      const all = [...samples, { name: 'up', labels: {}, value: 1 }];
      return all.map((sample) => ({ ...sample, labels: { ...sample.labels, ...target } }));
    };
    const warnings: string[] = [];
    const listener = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listener);
    try {
      const quiet = await scrape();
      for (let i = 0; i < quietScrapes; i += 1) backfill.addScrape(first + i * step, quiet);

      const traffic = new Traffic(plane, new Model(target));
      for (let i = 0; i < 8; i += 1) await traffic.list('checkout', 'payments', 'cluster');
      const proxy = await traffic.connect('checkout', 'route');
      traffic.refusingProxy = proxy;
      await traffic.create('checkout', 'route', 'refused');
      await traffic.disconnect(proxy);
      plane.recorder.counter(xdsRequests).inc({ team: 'x', resource_type: 'route' }, -1);
      const busy = await scrape();
      for (let i = 0; i < 3; i += 1) backfill.addScrape(first + (quietScrapes + i) * step, busy);
    } finally {
      process.off('warning', listener);
      await plane.close();
    }
    expect(warnings).to.have.length(1);

    const prometheus = await backfill.startPrometheus();
    try {
      const time = first + quietScrapes * step + step / 2;
      const answers = await Promise.all(
        ['FlowplaneCrossTeamAttempts', 'FlowplaneNacks', 'FlowplaneDroppedObservations'].map(async (alert) => {
          const [before, after] = [time - step, time].map((at) => prometheus.query(expressionOf(alert), at));
          expect(await before).to.deep.equal([]);
          return (await after)?.map(({ metric, value }) => ({ ...metric, value: Math.round(Number(value[1])) }));
        }),
      );
      expect(answers).to.deep.equal([
        [{ from_team: 'checkout', to_team: 'payments', value: 8 }],
        [{ team: 'checkout', resource_type: 'route', value: 1 }],
        [{ instance: target.instance, metric: 'xds_requests_total', reason: 'negative_step', value: 1 }],
      ]);
    } finally {
      await prometheus.stop();
    }
  });

  function expressionOf(alert: string): string {
    const { groups } = parse(readFileSync(join(monitoringFolder, 'rules/alerting.yml'), 'utf8')) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    };
    return groups.flatMap(({ rules }) => rules).find((rule) => rule.alert === alert)?.expr ?? '';
  }
});
