import { expect } from 'chai';
import type { ControlPlane } from '../control-plane/control-plane.js';
import { xdsRequests } from '../control-plane/metrics.js';
import { startTestControlPlane } from '../control-plane/testing/test-control-plane.js';
import { rows } from '../monitoring/dashboard-panels.js';
import { fillVariables, readPanel, readPanels } from '../monitoring/read-dashboard.js';
import { Backfill } from './backfill.js';
import { parseSamples } from './exposition-text.js';
import { alertExpressions, documentExpressions, panelExpressions, recordingRuleExpressions } from './expressions.js';
import { Model, type ModelAtTime } from './model.js';
import { needs } from './needs.js';
import type { PrometheusServer } from './prometheus-server.js';
import { type ProxyStream, predictedFamilies, Traffic } from './traffic.js';
import { labelKey, type Vector } from './vector.js';

/** Prometheus 2 and 3, which must give the same answers. */
const commands = ['prometheus', 'prometheus-3'];

const step = 10;
const steps = 426;
/** Hours ago, so that nothing of it overlaps with the present. */
const firstScrape = Math.floor(Date.now() / 1000 / step) * step - 4 * 3600;
/** Between two scrapes, so that every Prometheus version finds the same scrapes in a window. */
const queryTime = firstScrape + (steps - 1) * step + step / 2;

/** Alerts about metrics that Prometheus adds to each target. scale-out.servers.spec.ts asks for them. */
const aboutTargets = ['FlowplaneExporterAbsent'];

/** Expressions without a result: the traffic is fast, without errors and within the limits. */
const withoutResult = [
  'FlowplaneSlowRequests',
  'FlowplaneRequestErrors',
  'route:http_server_request_errors:ratio_rate5m',
  'Requests that failed B',
];

type Rule = { readonly name: string; readonly query: string; readonly type: 'recording' | 'alerting' };

describe('A Prometheus with 71 minutes of scrapes of a busy control plane', function () {
  this.timeout(240_000);
  const target = { job: 'flowplane', instance: '127.0.0.1:9090' };
  const model = new Model(target);
  let backfill: Backfill;
  let plane: ControlPlane;
  let servers: Map<string, PrometheusServer>;
  const warnings: string[] = [];

  before(async function () {
    for (const command of commands) needs(this, command);
    backfill = new Backfill();
    plane = await startTestControlPlane();
    const listener = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', listener);
    await runTraffic(new Traffic(plane, model)).finally(() => process.off('warning', listener));
    servers = await backfill.startEachWithRules(commands, firstScrape + step / 2, queryTime);
  });

  after(async () => {
    for (const prometheus of servers?.values() ?? []) await prometheus.stop();
    await plane?.close();
  });

  /** Runs the traffic of 71 minutes as fast as it can, with a scrape for every ten seconds of it. */
  async function runTraffic(traffic: Traffic): Promise<void> {
    const proxy = await createEverySeries(traffic);
    let second: ProxyStream | undefined;
    for (let tick = 0; tick < steps; tick += 1) {
      if (tick === 50) second = await traffic.connect('payments', 'cluster');
      if (tick === 300 && second !== undefined) await traffic.disconnect(second);
      // Why at these ticks: a proxy refuses something new, and every third tick brings something new.
      if ([99, 201, 300, 399, 423].includes(tick)) traffic.refusingProxy = proxy;
      // Why: two observations that are dropped, for the expressions about losses.
      if ([400, 422].includes(tick)) plane.recorder.counter(xdsRequests).inc({ team: 'x', resource_type: 'route' }, -1);
      await runTick(traffic, tick);
      await traffic.waitUntilCounted();
      await scrape(firstScrape + tick * step);
    }
  }

  /** Creates every series before the first scrape, so that Prometheus sees each one grow. */
  async function createEverySeries(traffic: Traffic): Promise<ProxyStream> {
    for (const name of ['a', 'b', 'c']) await traffic.create('payments', 'cluster', name);
    await traffic.create('platform', 'listener', 'l');
    const proxy = await traffic.connect('checkout', 'route');
    traffic.refusingProxy = proxy;
    await traffic.create('checkout', 'route', 'first');
    await traffic.remove('checkout', 'route', 'first');
    await traffic.poll('platform', 'payments', 'listener');
    return proxy;
  }

  async function runTick(traffic: Traffic, tick: number): Promise<void> {
    const every = (ticks: number): boolean => tick % ticks === 0;
    await traffic.list('payments', 'payments', 'cluster');
    if (every(3)) await traffic.create('checkout', 'route', `r${tick}`);
    if (every(3) && tick >= 90) await traffic.remove('checkout', 'route', `r${tick - 90}`);
    if (every(2)) await traffic.poll('payments', 'payments', 'cluster');
    if (every(4)) await traffic.list('checkout', 'payments', 'cluster');
    if (tick >= 390) await traffic.poll('platform', 'payments', 'listener');
    if (every(7)) await traffic.authenticate(undefined, 'missing');
    if (every(11)) await traffic.authenticate('Bearer guessed', 'unknown');
    if (every(13)) await traffic.authenticate('Basic eDp5', 'malformed');
  }

  async function scrape(time: number): Promise<void> {
    const exposed = parseSamples(await (await fetch(plane.metricsUrl)).text());
    // Why: this process has started hours after its scrapes, as their times say.
    const samples = exposed.map((one) =>
      one.name === 'process_start_time_seconds' ? { ...one, value: firstScrape - 3600 } : one,
    );
    model.observe(samples, (name) => predictedFamilies.includes(name));
    model.scrape(time);
    backfill.addScrape(
      time,
      samples.map((sample) => ({ ...sample, labels: { ...sample.labels, ...target } })),
    );
  }

  /** Values by label set. Why rounded: the order of additions changes the last digits of a floating-point number. */
  const byLabels = (vector: Vector) =>
    Object.fromEntries(vector.map(({ labels, value }) => [labelKey(labels), Number(value.toPrecision(10))]));

  async function ask(prometheus: PrometheusServer, promql: string): Promise<Vector> {
    const series = await prometheus.query(promql, queryTime);
    return series.map(({ metric: { __name__: _, ...labels }, value }) => ({ labels, value: Number(value[1]) }));
  }

  /**
   * The time of the values that an expression reads.
   * Why not always the time of the query: Prometheus shifts the evaluation of a rule group by a hash of its file's path.
   */
  async function evaluationTime(prometheus: PrometheusServer, promql: string): Promise<number> {
    const rule = /\b\w+:\w+:\w+/.exec(promql)?.[0];
    return (rule && (await prometheus.value(`max(timestamp(${rule}))`, queryTime))) || queryTime;
  }

  async function check(name: string, promql: string, expected: (model: ModelAtTime) => Vector): Promise<void> {
    for (const [version, prometheus] of servers) {
      const answer = byLabels(await ask(prometheus, promql));
      const right = byLabels(expected(model.at(await evaluationTime(prometheus, promql))));
      expect(answer, version).to.deep.equal(right);
      if (!withoutResult.includes(name)) expect(answer, version).to.not.deep.equal({});
    }
  }

  async function readRules(type: Rule['type']): Promise<readonly Rule[]> {
    const response = await fetch(`${servers.get('prometheus')?.url}/api/v1/rules`, {
      headers: { connection: 'close' },
    });
    const { data } = (await response.json()) as { data: { groups: { rules: Rule[] }[] } };
    return data.groups.flatMap(({ rules }) => rules).filter((rule) => rule.type === type);
  }

  async function queryOfRule(type: Rule['type'], name: string): Promise<string> {
    return (await readRules(type)).find((rule) => rule.name === name)?.query ?? '';
  }

  it('warns once of the observations that the traffic has dropped on purpose', () => {
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain('a counter cannot be decreased');
  });

  it('has a model for every expression of every rule and alert, and of every panel that the architecture wants', async () => {
    const wanted = rows.flatMap(({ panels }) => panels);
    expect(Object.keys(panelExpressions)).to.include.members(wanted.map(({ title }) => title));
    for (const [title, expected] of Object.entries(panelExpressions)) {
      expect(readPanel(title).targets, title).to.have.length(expected.length);
    }
    const [alerts, recording] = [await readRules('alerting'), await readRules('recording')];
    expect([...Object.keys(alertExpressions), ...aboutTargets]).to.include.members(alerts.map(({ name }) => name));
    expect(Object.keys(recordingRuleExpressions)).to.have.members(recording.map(({ name }) => name));
  });

  for (const [promql, expected] of Object.entries(documentExpressions)) {
    it(`answers as the model does: ${promql}`, () => check('', promql, expected));
  }

  for (const [name, expected] of Object.entries(recordingRuleExpressions)) {
    it(`has recorded what the model computes: ${name}`, async () => {
      await check(name, name, expected);
      await check(name, await queryOfRule('recording', name), expected);
    });
  }

  for (const [name, expected] of Object.entries(alertExpressions)) {
    it(`raises the alert that the model raises: ${name}`, async () => {
      await check(name, await queryOfRule('alerting', name), expected);
    });
  }

  for (const [title, models] of Object.entries(panelExpressions)) {
    for (const [index, expected] of models.entries()) {
      const refId = 'ABC'.charAt(index);
      it(`shows what the model computes: panel "${title}", query ${refId}`, () => {
        const promql = fillVariables(readPanel(title).targets[index]?.expr ?? '');
        return check(index === 0 ? title : `${title} ${refId}`, promql, expected);
      });
    }
  }

  it('answers every expression of every other panel', async () => {
    for (const { targets } of readPanels()) {
      for (const { expr } of targets) {
        for (const one of servers.values()) expect(await ask(one, fillVariables(expr)), expr).to.be.an('array');
      }
    }
  });
});
