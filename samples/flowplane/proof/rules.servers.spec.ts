import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { ControlPlane } from '../control-plane/control-plane.js';
import { xdsRequests } from '../control-plane/metrics.js';
import { startTestControlPlane } from '../control-plane/testing/test-control-plane.js';
import { monitoringFolder } from '../monitoring/paths.js';
import { Backfill } from './backfill.js';
import { type ExposedSample, parseSamples } from './exposition-text.js';
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
      .to.contain('recording.yml\n  SUCCESS: 14 rules found')
      .and.contain('alerting.yml\n  SUCCESS: 5 rules found')
      .and.match(/flowplane-metrics\.yml\n {2}SUCCESS: \d\d rules found/);
  });

  it('pass their own tests: recording.test.yml', () => {
    expect(promtool('test', 'rules', 'recording.test.yml')).to.contain('SUCCESS');
  });
});

describe('The alerts of the sample, in a Prometheus whose series appear with their first event', function () {
  this.timeout(120_000);
  const target = { job: 'flowplane', instance: '127.0.0.1:9090' };
  const step = 10;
  const longAgo = 66 * step;
  const first = Math.floor(Date.now() / 1000 / step) * step - 4 * 3600;

  /** A control plane whose process has started at `start`, as its scrapes say. */
  interface Run {
    readonly plane: ControlPlane;
    readonly start: number;
  }

  async function scrape({ plane, start }: Run): Promise<ExposedSample[]> {
    const samples = parseSamples(await (await fetch(plane.metricsUrl)).text());
    const all = [...samples, { name: 'up', labels: {}, value: 1 }];
    return all.map(({ name, labels, value }) => ({
      name,
      labels: { ...labels, ...target },
      value: name === 'process_start_time_seconds' ? start : value,
    }));
  }

  /** Drops an observation, and takes the warning about it. */
  async function loseOne({ recorder }: ControlPlane): Promise<void> {
    const warned = once(process, 'warning');
    recorder.counter(xdsRequests).inc({ team: 'x', resource_type: 'route' }, -1);
    expect(String(await warned)).to.contain('a counter cannot be decreased');
  }

  it('fire for a first refusal, a first loss, and attempts within one scrape interval', async function () {
    needs(this, 'prometheus');
    const backfill = new Backfill();
    const run = { plane: await startTestControlPlane(), start: first - 3600 };
    const { plane } = run;
    try {
      const quiet = await scrape(run);
      for (let time = 0; time < longAgo; time += step) backfill.addScrape(first + time, quiet);

      const traffic = new Traffic(plane, new Model(target));
      for (let i = 0; i < 8; i += 1) await traffic.list('checkout', 'payments', 'cluster');
      const proxy = await traffic.connect('checkout', 'route');
      traffic.refusingProxy = proxy;
      await traffic.create('checkout', 'route', 'refused');
      await traffic.disconnect(proxy);
      await loseOne(plane);
      const busy = await scrape(run);
      for (let i = 0; i < 3; i += 1) backfill.addScrape(first + longAgo + i * step, busy);
    } finally {
      await plane.close();
    }

    const prometheus = await backfill.startPrometheus();
    try {
      const time = first + longAgo + step / 2;
      const answers = await Promise.all(
        ['FlowplaneCrossTeamAttempts', 'FlowplaneNacks', 'MetricsObservationsLost'].map(async (alert) => {
          const [before, after] = [time - step, time].map((at) => prometheus.query(expressionOf(alert), at));
          expect(await before).to.deep.equal([]);
          return (await after)?.map(({ metric, value }) => ({ ...metric, value: Math.round(Number(value[1])) }));
        }),
      );
      expect(answers).to.deep.equal([
        [{ from_team: 'checkout', to_team: 'payments', value: 8 }],
        [{ team: 'checkout', resource_type: 'route', value: 1 }],
        [{ ...target, reason: 'negative_step', value: 1 }],
      ]);
    } finally {
      await prometheus.stop();
    }
  });

  it('fire for a loss before the first scrape, and for the same loss after each restart', async function () {
    needs(this, 'prometheus');
    const backfill = new Backfill();
    for (const start of [first, first + longAgo]) {
      const plane = await startTestControlPlane();
      try {
        await loseOne(plane);
        const samples = await scrape({ plane, start });
        for (let time = step; time <= longAgo; time += step) backfill.addScrape(start + time, samples);
      } finally {
        await plane.close();
      }
    }

    const prometheus = await backfill.startPrometheus();
    try {
      const isFiring = async (seconds: number) =>
        (await prometheus.query(expressionOf('MetricsObservationsLost'), first + seconds)).length === 1;
      const times = [step, 595, longAgo, longAgo + step, longAgo + 595, 2 * longAgo];
      expect(await Promise.all(times.map(isFiring))).to.deep.equal([true, true, false, true, true, false]);
    } finally {
      await prometheus.stop();
    }
  });

  function expressionOf(alert: string): string {
    const rules = ['alerting.yml', 'flowplane-metrics.yml'].flatMap((file) => {
      const text = readFileSync(join(monitoringFolder, 'rules', file), 'utf8');
      const { groups } = parse(text) as { groups: { rules: { alert: string; expr: string }[] }[] };
      return groups.flatMap((group) => group.rules);
    });
    return rules.find((rule) => rule.alert === alert)?.expr ?? '';
  }
});
