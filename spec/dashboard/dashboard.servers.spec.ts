import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { httpMetrics } from '../../lib/adapters/http/index.js';
import { createObjectiveGroup } from '../../lib/alerting/objective-rules.js';
import {
  attachRecorder,
  catalogue,
  defineCounter,
  defineGauge,
  defineHistogram,
  PrometheusRecorder,
} from '../../lib/index.js';
import { type ServedMetrics, serveMetrics } from '../../lib/server/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { until } from '../until.js';
import {
  fillVariables,
  listPanels,
  listRows,
  partsOfLibrary,
  type ReadDashboard,
  readDashboard,
} from './read-dashboard.js';
import {
  Cashier,
  lastSale,
  OrderService,
  orders,
  packingLimit,
  StockService,
  shop,
  sizes,
  temperature,
  uploads,
  waits,
} from './shop.js';

interface Asked {
  readonly command: string;
  readonly flags: readonly string[];
  /** The panels that have no answer there. */
  readonly unanswered: readonly string[];
}

/** The real servers that are asked. */
const servers: Readonly<Record<string, Asked>> = {
  'prometheus 2': {
    command: 'prometheus',
    flags: [],
    // Why: without native buckets nothing but the mean is known of a histogram that has no others.
    unanswered: ['wait_seconds: percentiles', 'wait_seconds: heat map'],
  },
  'prometheus 2 with native histograms': {
    command: 'prometheus',
    flags: ['--enable-feature=native-histograms,exemplar-storage'],
    unanswered: [],
  },
  'prometheus 3': {
    command: 'prometheus-3',
    flags: ['--enable-feature=native-histograms,exemplar-storage'],
    unanswered: [],
  },
};

for (const [title, { command, flags, unanswered }] of Object.entries(servers)) {
  describe(`A generated dashboard, asked of a real ${title} after traffic`, function () {
    this.timeout(120_000);
    let recorder: PrometheusRecorder;
    let endpoint: ServedMetrics;
    let application: Server;
    let prometheus: PrometheusServer;
    let dashboard: ReadDashboard;
    let traffic: NodeJS.Timeout;
    let turn = 0;

    before(async function () {
      needs(this, command);
      recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined });
      recorder.collect(defineGauge({ name: 'broken', help: 'What cannot be computed' }), () => {
        throw new Error('no answer');
      });
      endpoint = await serveMetrics({ recorder, port: 0 });
      application = createServer()
        .on('request', httpMetrics(recorder, { route: ({ url = '' }) => url }))
        .on('request', ({ url }, response) => {
          response.statusCode = Number(url?.slice(1));
          response.end('answered');
        });
      await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
      const { port } = application.address() as AddressInfo;
      await drive(port);
      traffic = setInterval(() => void drive(port), 250);
      const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
      const groups = shop().flatMap((entry) => createObjectiveGroup(entry, '') ?? []);
      const alert = { alert: 'Traffic', expr: 'sum(orders_total) > 0', labels: { severity: 'ticket' } };
      // Why JSON: YAML reads it.
      writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [...groups, { name: 'a', rules: [alert] }] }));
      const { host } = new URL(endpoint.url);
      prometheus = await PrometheusServer.startIn(
        folder,
        `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['${host}'] }] }]\n`,
        command,
        flags,
      );
      dashboard = await readDashboard(shop());
    });

    after(async () => {
      clearInterval(traffic);
      application?.close();
      await prometheus?.stop();
      await endpoint?.close();
    });

    const orderService = () => attachRecorder(new OrderService(), recorder);

    /** One of everything that the shop does, and of what its metrics refuse. */
    async function drive(port: number): Promise<void> {
      const service = orderService();
      turn += 1;
      await service.order('mail', 'somebody');
      await service.order('web', 'nobody').catch(() => undefined);
      await service.pack();
      attachRecorder(new StockService(), recorder).count('mail');
      attachRecorder(new Cashier(), recorder).sell();
      recorder.gauge(temperature).set({ store: 'north' }, 19);
      recorder.gauge(lastSale).set({}, Date.now() / 1000);
      recorder.gauge(packingLimit).set({}, 4);
      for (const size of [100, 5000, 5_000_000]) {
        recorder.histogram(uploads).observe({ outcome: 'success' }, size);
        recorder.histogram(waits).observe({}, size / 1000);
        recorder.histogram(sizes).observe({}, size);
      }
      refuse(`${turn}`);
      for (const status of [200, 404, 500]) await fetch(`http://127.0.0.1:${port}/${status}`).then((one) => one.text());
    }

    /** What the metrics refuse, each time with values that are new to them. */
    function refuse(fresh: string): void {
      const handle = recorder.counter(orders);
      handle.inc({ outcome: 'success', team: 'a', customer: 'b' }, -1);
      handle.inc({ outcome: 'success', team: 'a', customer: `a${fresh}@example.com` });
      handle.inc({ outcome: 'success', team: 'a', customer: 'b' }, 1, { exemplar: { order: fresh.repeat(200) } });
      handle.inc({ outcome: `odd${fresh}` as 'error', team: 'a', customer: 'b' });
    }

    /** Whether it is about a part of the library that this service does not use. library-row.servers.spec.ts asks about those. */
    const isAboutOthers = (description: string): boolean =>
      Object.values(partsOfLibrary).some((isAbout) => isAbout.test(description));

    const answer = (expr: string) => prometheus.query(fillVariables(expr));

    it('answers each expression of each panel', async () => {
      let silent: { readonly panel: string; readonly expr: string }[] = [];
      for (const { title, description = '', targets } of listPanels(dashboard)) {
        for (const { expr } of targets) {
          const panel = `${description.split(',')[0]}: ${title.replace(/^.*: /, '')}`;
          if (unanswered.includes(panel) || isAboutOthers(description))
            expect(await answer(expr), panel).to.deep.equal([]);
          else silent.push({ panel, expr });
        }
      }
      // Why together: each has the whole time, and none takes it from the next.
      const askAgain = async () => {
        const answers = await Promise.all(silent.map(({ expr }) => answer(expr)));
        silent = silent.filter((_, i) => answers[i]?.length === 0);
        return silent.length === 0;
      };
      await until(askAgain, 90).catch(() => undefined);
      expect(silent).to.deep.equal([]);
    });

    it('understands each expression about names with colons, and labels that need quotation marks', async () => {
      const labels = { 'is.odd': { oneOf: ['a'] }, kind: { oneOf: ['"quoted"', 'c:\\d', 'line\nend', '$job'] } };
      const objective = { ratio: 0.9, errors: { kind: '"quoted"' } };
      const odd = [
        defineGauge({ name: 'shop:depth', help: 'Depth', labels }),
        defineCounter({ name: 'shop:orders_total', help: 'Shop', labels, objective }),
        defineHistogram({ name: 'shop:wait_seconds', help: 'Wait', labels, native: true }),
      ];
      const drawn = listPanels(await readDashboard(catalogue(odd)));
      expect(drawn.length).to.be.above(10);
      for (const { targets } of drawn) for (const { expr } of targets) await answer(expr);
    });

    it('gives the variables of labels, jobs and instances their values', async () => {
      for (const { name, query, type } of dashboard.templating.list) {
        if (type !== 'query') continue;
        const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
        const list = async () => (await prometheus.query(fillVariables(selector))).map(({ metric }) => metric[label]);
        // Why until: there is no sample for a moment where a scrape took longer than a second.
        await until(async () => (await list()).some(Boolean)).catch(() => expect.fail(`${name} has no values`));
      }
    });

    it('finds the alert that fires, for the annotations', async () => {
      const [annotation] = dashboard.annotations.list;
      const expr = fillVariables(annotation?.target.expr ?? '');
      await until(async () => (await prometheus.query(expr)).length > 0);
      const names = (await prometheus.query(expr)).map(({ metric }) => metric['alertname']);
      expect(names).to.include('Traffic');
    });

    it('shows the rate that the traffic has, by outcome', async () => {
      const [panel] = listPanels(dashboard).filter(({ title }) => title === 'Orders: per second');
      const ratio = async () => {
        const found = await answer(panel?.targets[0]?.expr ?? '');
        const rates = Object.fromEntries(found.map(({ metric, value }) => [metric['outcome'], Number(value[1])]));
        return (rates['error'] as number) / (rates['success'] as number);
      };
      // Why a third: a turn counts three successes and one error. Why about: the window cuts turns.
      await until(async () => Math.abs(Math.log2((await ratio()) * 3)) < 1);
    });

    it('shows a percentile within the range of what was observed', async () => {
      const panels = listRows(dashboard).get('Recorded by hand') ?? [];
      const median = panels.find(({ title }) => title === 'Size of an upload: percentiles')?.targets[0]?.expr ?? '';
      let found = Number.NaN;
      await until(async () => {
        const series = (await answer(median)).find(({ metric }) => metric['outcome'] === 'success');
        found = Number(series?.value[1]);
        return Number.isFinite(found);
      });
      expect(found).to.be.within(1024, 1_048_576);
    });
  });
}
