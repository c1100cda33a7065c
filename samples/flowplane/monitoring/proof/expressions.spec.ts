import { expect } from 'chai';
import { needs } from '../../../../spec/needs.js';
import type { PrometheusServer } from '../../../../spec/prometheus-server.js';
import { anyPorts } from '../../any-ports.js';
import { type ControlPlane, startControlPlane } from '../../control-plane.js';
import { xdsRequests } from '../../metrics.js';
import { rows } from '../dashboard-panels.js';
import { samplesIn } from './exposition-text.js';
import { ofTheAlerts, ofTheDocument, ofThePanels, ofTheRecordingRules } from './expressions.js';
import { History } from './history.js';
import { Model, type Past } from './model.js';
import { type ProxyStream, predicted, Traffic } from './traffic.js';
import { keyOf, type Vector } from './vector.js';

const step = 10;
const steps = 426;
/** Long enough ago that nothing of it is of now. */
const begin = Math.floor(Date.now() / 1000 / step) * step - 4 * 3600;
/** Between two scrapes, so that no Prometheus counts the first scrape of a window differently. */
const asked = begin + (steps - 1) * step + step / 2;

/** What Prometheus knows of targets and not of what they expose. */
const ofTargets = ['Up', 'Scrape duration', 'Samples per scrape', 'FlowplaneExporterDown', 'FlowplaneExporterAbsent'];

describe('What a Prometheus answers that has scraped a busy control plane for 71 minutes', function () {
  this.timeout(240_000);
  const target = { job: 'flowplane', instance: '127.0.0.1:9090' };
  const model = new Model(target);
  let history: History;
  let plane: ControlPlane;
  let prometheus: PrometheusServer;

  before(async function () {
    needs(this, 'prometheus');
    history = new History();
    plane = await startControlPlane(anyPorts);
    await live(new Traffic(plane, model));
    prometheus = await history.serveWithRules(begin + step / 2, asked);
  });

  after(async () => {
    await prometheus?.stop();
    await plane?.close();
  });

  /** Over an hour of traffic, in as long as it takes, with a scrape for every ten seconds of it. */
  async function live(traffic: Traffic): Promise<void> {
    const proxy = await once(traffic);
    let second: ProxyStream | undefined;
    for (let tick = 0; tick < steps; tick += 1) {
      if (tick === 50) second = await traffic.connect('payments', 'cluster');
      if (tick === 300 && second !== undefined) await traffic.disconnect(second);
      // A refusal is an answer to something new, which every third step brings.
      if ([99, 201, 300, 399, 423].includes(tick)) traffic.refusing = proxy;
      if ([400, 422].includes(tick)) plane.recorder.counter(xdsRequests).inc({ team: 'x', resource_type: 'route' }, -1);
      await act(traffic, tick);
      await traffic.settled();
      await scrape(begin + tick * step);
    }
  }

  /** What does not happen at the first step, so that every series is there from the first scrape on. */
  async function once(traffic: Traffic): Promise<ProxyStream> {
    for (const name of ['a', 'b', 'c']) await traffic.create('payments', 'cluster', name);
    await traffic.create('platform', 'listener', 'l');
    const proxy = await traffic.connect('checkout', 'route');
    traffic.refusing = proxy;
    await traffic.create('checkout', 'route', 'first');
    await traffic.remove('checkout', 'route', 'first');
    await traffic.poll('platform', 'payments', 'listener');
    return proxy;
  }

  async function act(traffic: Traffic, tick: number): Promise<void> {
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
    const samples = samplesIn(await (await fetch(plane.metricsUrl)).text());
    model.observe(samples, (name) => predicted.includes(name));
    model.scrape(time);
    history.add(
      time,
      samples.map((sample) => ({ ...sample, labels: { ...sample.labels, ...target } })),
    );
  }

  /** Values by label set; exact but for what the order of additions does to a floating-point number. */
  const listed = (vector: Vector) =>
    Object.fromEntries(vector.map(({ labels, value }) => [keyOf(labels), Number(value.toPrecision(10))]));

  async function answerTo(promql: string): Promise<Vector> {
    const answer = await prometheus.query(promql, asked);
    return answer.map(({ metric: { __name__: _, ...labels }, value }) => ({ labels, value: Number(value[1]) }));
  }

  /** Expressions of which it is right that nothing comes of this traffic: it is fast, without errors, within bounds. */
  const empty = [
    'FlowplaneCardinalityNearBound',
    'FlowplaneSlowRequests',
    'FlowplaneRequestErrors',
    'route:http_server_request_errors:ratio_rate5m',
    'Errors B',
  ];

  /**
   * Of when what an expression reads is. Why not of now: Prometheus spreads the evaluation of recording rules over their
   * interval, by a hash of where the rules' file is.
   */
  async function timeOf(promql: string): Promise<number> {
    const recorded = /\b\w+:\w+:\w+/.exec(promql)?.[0];
    return (recorded && (await prometheus.value(`max(timestamp(${recorded}))`, asked))) || asked;
  }

  async function check(title: string, promql: string, expected: (past: Past) => Vector): Promise<void> {
    const answer = listed(await answerTo(promql));
    expect(answer).to.deep.equal(listed(expected(model.at(await timeOf(promql)))));
    if (!empty.includes(title)) expect(answer).to.not.deep.equal({});
  }

  it('is asked every expression of every rule and every panel', async () => {
    const known = (table: object) => [...Object.keys(table), ...ofTargets];
    const panels = Object.values(rows).flat();
    expect(known(ofThePanels)).to.include.members(panels.map(({ title }) => title));
    for (const { title, queries } of panels) {
      if (!ofTargets.includes(title)) expect(ofThePanels[title]).to.have.length(queries.length);
    }
    const { alerting = [], recording = [] } = await rules();
    expect(known(ofTheAlerts)).to.include.members(alerting.map(({ name }) => name));
    expect(Object.keys(ofTheRecordingRules)).to.have.members(recording.map(({ name }) => name));
  });

  type Rule = { readonly name: string; readonly query: string; readonly type: 'recording' | 'alerting' };

  async function rules(): Promise<{ readonly [type in Rule['type']]?: readonly Rule[] }> {
    const response = await fetch(`${prometheus.url}/api/v1/rules`, { headers: { connection: 'close' } });
    const { data } = (await response.json()) as { data: { groups: { rules: Rule[] }[] } };
    const all = data.groups.flatMap((group) => group.rules);
    const only = (type: Rule['type']) => all.filter((rule) => rule.type === type);
    return { recording: only('recording'), alerting: only('alerting') };
  }

  for (const [promql, expected] of Object.entries(ofTheDocument)) {
    it(`of the document: ${promql}`, () => check('', promql, expected));
  }

  for (const [name, expected] of Object.entries(ofTheRecordingRules)) {
    it(`of the recording rules, recorded and computed anew: ${name}`, async () => {
      await check(name, name, expected);
      const rule = (await rules()).recording?.find((one) => one.name === name);
      await check(name, rule?.query ?? '', expected);
    });
  }

  for (const [name, expected] of Object.entries(ofTheAlerts)) {
    it(`of the alerts: ${name}`, async () => {
      const rule = (await rules()).alerting?.find((one) => one.name === name);
      await check(name, rule?.query ?? '', expected);
    });
  }

  for (const { title, queries } of Object.values(rows).flat()) {
    for (const [index, expected] of (ofThePanels[title] ?? []).entries()) {
      it(`of the panel "${title}", query ${'ABC'.charAt(index)}`, () => {
        const promql = (queries[index]?.expr ?? '').replaceAll('$__rate_interval', '1m').replaceAll('$team', '.*');
        return check(index === 0 ? title : `${title} ${'ABC'.charAt(index)}`, promql, expected);
      });
    }
  }
});
