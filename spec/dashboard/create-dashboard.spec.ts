import * as grafanaUnits from '@grafana/grafana-foundation-sdk/units';
import { expect } from 'chai';
import { toDescription } from '../../lib/dashboard/panel-text.js';
import { Counter, catalogue, defineCounter, defineGauge, defineHistogram, outcome } from '../../lib/index.js';
import { rate } from '../../lib/promql/index.js';
import { listPanels, listRows, type ReadDashboard, type ReadPanel, readDashboard } from './read-dashboard.js';
import { Cashier, OrderService, orders, StockService, shop } from './shop.js';

describe('createDashboard(catalogue)', () => {
  let dashboard: ReadDashboard;

  before(async () => {
    dashboard = await readDashboard(shop());
  });

  const panelsOf = (title: string, of = dashboard): readonly ReadPanel[] => listRows(of).get(title) ?? [];
  const find = (title: string, of = dashboard): ReadPanel => {
    const found = listPanels(of).find((panel) => panel.title === title);
    if (found === undefined) throw new Error(`no panel is called "${title}"`);
    return found;
  };
  const expressions = (title: string, of = dashboard) => find(title, of).targets.map(({ expr }) => expr);

  it('has a row for each objective and each class that feeds metrics, then requests, process and library', () => {
    expect([...listRows(dashboard).keys()]).to.deep.equal([
      'Objective of order_seconds',
      'Objective of orders_total',
      'OrderService',
      'StockService',
      'Several classes',
      'Recorded by hand',
      'HTTP requests',
      'Process',
      'Metrics library',
    ]);
    expect(panelsOf('StockService').map(({ description }) => description)).to.deep.equal([
      'stock_bytes, fed by @Gauge on StockService.count',
    ]);
  });

  it('draws a counter as its rate, grouped by the labels with closed domains', () => {
    expect(expressions('Orders: per second')).to.deep.equal([
      'sum by (outcome) (rate(orders_total{job=~"$job", instance=~"$instance", outcome=~"$outcome", team=~"$team"}[$__rate_interval]))',
    ]);
    expect(find('Orders: per second').targets[0]?.legendFormat).to.equal('{{outcome}}');
  });

  it('groups by as many closed labels as a graph has room for', async () => {
    const oneOf = Array.from({ length: 9 }, (_, index) => `v${index}`);
    const wide = defineCounter({
      name: 'wide_total',
      help: 'Wide',
      labels: { one: { oneOf: ['a'] }, nine: { oneOf }, more: { oneOf } },
    });
    expect(expressions('Wide: per second', await readDashboard(catalogue([wide])))[0]).to.match(
      /^sum by \(one, nine\) /,
    );
  });

  it('draws the present values of a gauge, merged over instances and added up over the labels that are not drawn', () => {
    const conditions = '{job=~"$job", instance=~"$instance", shelf=~"$shelf", team=~"$team"}';
    expect(expressions('Bytes in stock')).to.deep.equal([
      `sum by (shelf) (max by (shelf, team) (stock_bytes${conditions}))`,
    ]);
  });

  it('takes the greatest value of a gauge whose unit cannot be added up', () => {
    expect(expressions('How warm a store is')).to.deep.equal([
      'max(store_celsius{job=~"$job", instance=~"$instance"})',
    ]);
  });

  it('merges the instances of a gauge as its aggregator says', async () => {
    const families = (['sum', 'livemin', 'max'] as const).map((aggregator) =>
      defineGauge({ name: `of_${aggregator}`, help: aggregator, aggregator }),
    );
    const read = await readDashboard(catalogue(families));
    expect(['sum', 'livemin', 'max'].map((title) => expressions(title, read)[0]?.slice(0, 4))).to.deep.equal([
      'sum(',
      'min(',
      'max(',
    ]);
  });

  it('draws each instance of a gauge whose values are not to be merged', async () => {
    const each = defineGauge({ name: 'of_each', help: 'Of each', aggregator: 'liveall' });
    const read = await readDashboard(catalogue([each]));
    expect(expressions('Of each', read)).to.deep.equal([
      'max by (instance) (of_each{job=~"$job", instance=~"$instance"})',
    ]);
    expect(find('Of each', read).targets[0]?.legendFormat).to.equal('{{instance}}');
    const open = defineGauge({ name: 'of_pools', help: 'Of pools', aggregator: 'liveall', labels: { pool: {} } });
    expect(expressions('Of pools', await readDashboard(catalogue([open])))).to.deep.equal([
      'sum by (instance) (max by (pool, instance) (of_pools{job=~"$job", instance=~"$instance"}))',
    ]);
  });

  it('draws calls in flight beside their bound, both added up over instances', () => {
    expect(expressions('Orders that are being packed')).to.deep.equal([
      'sum(packing_in_flight{job=~"$job", instance=~"$instance"})',
      'sum(packing_limit{job=~"$job", instance=~"$instance"})',
    ]);
    const { fieldConfig, targets } = find('Orders that are being packed');
    expect(targets[1]?.legendFormat).to.equal('at most');
    expect(fieldConfig.overrides[0]).to.deep.include({ matcher: { id: 'byFrameRefID', options: 'B' } });
    expect(listPanels(dashboard).filter(({ description }) => description?.startsWith('packing_limit'))).to.deep.equal(
      [],
    );
  });

  it('draws a classic histogram as its rate, its percentiles and a heat map', () => {
    const conditions = '{job=~"$job", instance=~"$instance"}';
    expect(expressions('Duration of an order: observations per second')).to.deep.equal([
      `sum(rate(order_seconds_count${conditions}[$__rate_interval]))`,
    ]);
    expect(expressions('Duration of an order: percentiles')).to.deep.equal(
      [0.5, 0.95, 0.99].map(
        (rank) =>
          `histogram_quantile(${rank}, sum by (le) (rate(order_seconds_bucket${conditions}[$__rate_interval])))`,
      ),
    );
    const heatMap = find('Duration of an order: heat map');
    expect(heatMap.type).to.equal('heatmap');
    expect(heatMap.targets).to.have.length(1);
    expect(heatMap.targets[0]).to.include({
      expr: `sum by (le) (increase(order_seconds_bucket${conditions}[$__rate_interval]))`,
      format: 'heatmap',
    });
  });

  it('draws native buckets where Prometheus stores them, and the classic ones where it does not', () => {
    const conditions = '{job=~"$job", instance=~"$instance", outcome=~"$outcome"}';
    expect(expressions('Size of an upload: observations per second')).to.deep.equal([
      `histogram_count(sum by (outcome) (rate(upload_bytes${conditions}[$__rate_interval]))) or sum by (outcome) (rate(upload_bytes_count${conditions}[$__rate_interval]))`,
    ]);
    expect(expressions('Size of an upload: percentiles')[0]).to.equal(
      `histogram_quantile(0.5, sum by (outcome) (rate(upload_bytes${conditions}[$__rate_interval]))) or histogram_quantile(0.5, sum by (le, outcome) (rate(upload_bytes_bucket${conditions}[$__rate_interval])))`,
    );
    expect(expressions('Size of an upload: heat map')).to.deep.equal([
      `sum(increase(upload_bytes${conditions}[$__rate_interval])) or on () sum by (le) (increase(upload_bytes_bucket${conditions}[$__rate_interval]))`,
    ]);
  });

  it('asks for native buckets alone where there are no others, and draws the mean of a histogram without any', () => {
    expect(expressions('Waiting: percentiles')[2]).to.equal(
      'histogram_quantile(0.99, sum(rate(wait_seconds{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
    );
    expect(expressions('Size of an answer: mean')[0]).to.match(/^sum\(rate\(answer_bytes_sum\{.*\) \/ sum\(rate\(/);
    expect(panelsOf('Recorded by hand').filter(({ title }) => title.startsWith('Size of an answer'))).to.have.length(2);
  });

  it('groups the durations of methods by class and method', () => {
    expect(expressions('How long a method call took until it settled: observations per second')[0]).to.match(
      /^sum by \(class, method\) /,
    );
  });

  it('takes units from names and from the option unit, all of which Grafana knows', async () => {
    const given = [
      ['a_bytes_total', undefined, 'binBps'],
      ['b_seconds_total', undefined, 'percentunit'],
      ['c_joules_total', undefined, 'watt'],
      ['d_total', 'bytes', 'binBps'],
      ['e_total', undefined, 'cps'],
      ['l_milliseconds_total', undefined, 'short'],
    ] as const;
    const counters = given.map(([name, unit]) => defineCounter({ name, help: name, ...(unit && { unit }) }));
    const gauges = [
      ['f_bytes', 'bytes'],
      ['g_ratio', 'percentunit'],
      ['h_celsius', 'celsius'],
      ['i_seconds', 's'],
      ['j_jobs', 'short'],
      ['k_timestamp_seconds', 'dateTimeFromNow'],
      ['response_time_seconds', 's'],
    ] as const;
    const read = await readDashboard(
      catalogue([...counters, ...gauges.map(([name]) => defineGauge({ name, help: name }))]),
    );
    for (const [name, , unit] of given) {
      expect(find(`${name}: per second`, read).fieldConfig.defaults.unit, name).to.equal(unit);
    }
    for (const [name, unit] of gauges) expect(find(name, read).fieldConfig.defaults.unit, name).to.equal(unit);
    const known: readonly unknown[] = Object.values(grafanaUnits);
    for (const { title, fieldConfig } of [...listPanels(read), ...listPanels(dashboard)]) {
      expect(known.includes(fieldConfig.defaults.unit), `${title}: ${fieldConfig.defaults.unit}`).to.equal(true);
    }
  });

  it('draws how long ago a time was', () => {
    expect(find('When something was sold last').type).to.equal('stat');
    expect(expressions('When something was sold last')).to.deep.equal([
      'max(last_sale_timestamp_seconds{job=~"$job", instance=~"$instance"}) * 1000',
    ]);
  });

  it('switches exemplars on, in one query of each panel about a counter or the sizes of a histogram', () => {
    const having = listPanels(dashboard).filter(({ targets }) => targets.some(({ exemplar }) => exemplar));
    for (const { targets } of having)
      expect(targets.map(({ exemplar }) => exemplar ?? false).indexOf(true)).to.equal(0);
    expect(having.map(({ title }) => title)).to.include.members([
      'Orders: per second',
      'Duration of an order: percentiles',
      'Duration of an order: heat map',
      'Size of an upload: heat map',
    ]);
  });

  it('has a row for the requests that httpMetrics records, by either convention', async () => {
    expect(panelsOf('HTTP requests').flatMap(({ targets }) => targets.map(({ expr }) => expr))[0]).to.equal(
      'topk(10, sum by (http_request_method, http_route) (rate(http_server_request_duration_seconds_count{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
    );
    const other = await readDashboard(shop(), { requests: 'express-prom-bundle', prefix: 'eu_' });
    expect(panelsOf('HTTP requests', other)[0]?.targets[0]?.expr).to.contain(
      'sum by (method, path) (rate(eu_http_request_duration_seconds_count{',
    );
    expect([...listRows(await readDashboard(shop(), { requests: 'none' })).keys()]).to.not.include('HTTP requests');
  });

  it('has closed rows at the end for the library, whose panels cost nothing until they are opened', () => {
    const row = dashboard.panels.find(({ title }) => title === 'Metrics library');
    expect(row).to.include({ type: 'row', collapsed: true });
    const names = (row?.panels ?? []).map(({ description }) => description?.split(/[ ,]/)[0]);
    expect(names).to.include.members(['up', 'flowplane_metrics_losses_total', 'flowplane_metrics_scrapes_total']);
    expect(expressions('Series of a metric with 80 % of its limit; without metric: all samples')).to.have.length(2);
  });

  it('draws for each objective what is left of its error budget, and its errors beside those that are allowed', () => {
    const [stat, line, errors] = panelsOf('Objective of orders_total');
    expect([stat?.type, line?.type, errors?.type]).to.deep.equal(['stat', 'timeseries', 'timeseries']);
    expect(stat?.targets.map(({ expr }) => expr)).to.deep.equal([
      'job:orders_total:error_budget_remaining{job=~"$job"}',
    ]);
    expect(errors?.targets.map(({ expr }) => expr)).to.include('job:orders_total:error_ratio30d{job=~"$job"}');
    expect(errors?.fieldConfig.defaults.thresholds?.steps).to.deep.equal([
      { value: null, color: 'green' },
      { value: 0.01, color: 'red' },
    ]);
  });

  it('has variables for the data source, job, instance and the labels with few values', () => {
    const { list } = dashboard.templating;
    expect(list.map(({ name, type }) => `${name}: ${type}`)).to.deep.equal([
      'datasource: datasource',
      'job: query',
      'instance: query',
      'outcome: custom',
      'shelf: custom',
      'team: query',
    ]);
    const queries = Object.fromEntries(list.map(({ name, query }) => [name, query]));
    expect(queries['outcome']).to.equal('success,error,other');
    expect(queries['team']).to.equal('label_values({__name__=~"orders_total|stock_bytes", job=~"$job"}, team)');
    expect(queries['instance']).to.equal('label_values(up{job=~"$job"}, instance)');
    expect(queries['job']).to.match(
      /^label_values\(\{__name__=~"answer_bytes_count\|.*\|upload_bytes\|upload_bytes_count\|/,
    );
  });

  it('asks Prometheus for the values of a label that a list of Grafana would change', async () => {
    const queryOf = async (value: string): Promise<string | undefined> => {
      const sales = defineCounter({
        name: 'sales_total',
        help: 'Sales',
        labels: { kind: { oneOf: ['plain', value] } },
      });
      const { list } = (await readDashboard(catalogue([sales]))).templating;
      return list.find(({ name }) => name === 'kind')?.query;
    };
    expect(await queryOf('a, b')).to.equal('plain,a\\, b,other');
    for (const value of ['a : b', 'a\t:\tb', '$job', '[[job]]', ' a', 'a ', 'a\\', 'a\nb']) {
      expect(await queryOf(value), value).to.equal('label_values(sales_total{job=~"$job"}, kind)');
    }
  });

  it('lets "All" of a label match series without it, and "All" of jobs match the jobs of these metrics only', () => {
    const all = Object.fromEntries(dashboard.templating.list.map(({ name, allValue }) => [name, allValue]));
    expect(all).to.deep.include({ job: undefined, instance: '.*', outcome: '.*', team: '.*' });
  });

  it('marks firing alerts as annotations, and pending ones where the reader asks for it', () => {
    expect(dashboard.annotations.list.map(({ name, enable, target }) => [name, enable, target.expr])).to.deep.equal([
      ['Firing alerts', true, 'ALERTS{alertstate="firing", job=~"$job|"}'],
      ['Pending alerts', false, 'ALERTS{alertstate="pending", job=~"$job|"}'],
    ]);
  });

  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
  const chosen = '${datasource}';

  it('asks the data source that it is given, everywhere, or the one that its reader chooses', async () => {
    const fixed = await readDashboard(shop(), { datasource: 'thanos' });
    const named = (text: string) => [...text.matchAll(/"datasource":\{[^}]*"uid":"([^"]*)"/g)].map(([, uid]) => uid);
    expect([...new Set(named(JSON.stringify(fixed)))]).to.deep.equal(['thanos']);
    expect(fixed.templating.list.map(({ type }) => type)).to.not.include('datasource');
    expect([...new Set(named(JSON.stringify(dashboard)))]).to.deep.equal([chosen]);
  });

  it('gives the same twice, whatever the order of what is declared', async () => {
    expect(JSON.stringify(await readDashboard(shop().toReversed()))).to.equal(JSON.stringify(dashboard));
  });

  it('changes in one panel where one declaration changes', async () => {
    const before = JSON.stringify(dashboard, null, 2).split('\n');
    const changed = shop().map((entry) => (entry.name === 'orders_total' ? { ...entry, help: 'Sold orders' } : entry));
    const after = JSON.stringify(await readDashboard(changed), null, 2).split('\n');
    expect(after.filter((line) => !before.includes(line)).map((line) => line.trim())).to.deep.equal([
      '"title": "Sold orders: errors",',
      '"title": "Sold orders: per second",',
    ]);
  });

  it('keeps the numbers of all panels, and moves none of another row, where metrics are added', async () => {
    const place = (of: ReadDashboard) =>
      new Map(listPanels(of).map(({ id, title, gridPos }) => [id, `${title} ${JSON.stringify(gridPos)}`]));
    const added = ['aaa', 'bbb', 'ccc', 'ddd'].map((name) => defineGauge({ name, help: 'One of the first' }));
    const grown = place(await readDashboard([...shop(), ...catalogue(added)]));
    const byHand = new Set(panelsOf('Recorded by hand').map(({ id }) => id));
    for (const [id, panel] of place(dashboard)) {
      if (byHand.has(id)) expect(grown.has(id), panel).to.equal(true);
      else expect(grown.get(id)).to.equal(panel);
    }
  });

  it('places its panels side by side, without overlaps, each with a number of its own', () => {
    const all = [...dashboard.panels, ...dashboard.panels.flatMap(({ panels = [] }) => panels)];
    expect(new Set(all.map(({ id }) => id)).size).to.equal(all.length);
    const taken = new Set<string>();
    for (const { title, gridPos, type } of all) {
      if (type === 'row') continue;
      const { x, y, w, h } = gridPos;
      expect(x + w, title).to.be.within(1, 24);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          expect(taken.has(`${column} ${line}`), title).to.equal(false);
          taken.add(`${column} ${line}`);
        }
      }
    }
  });

  it('takes the rows of its user first, with typed queries and panels of other types', async () => {
    const queries = [{ expr: rate(orders, '5m').sum(), legend: 'orders' }] as const;
    const rows = [{ title: 'Totals', panels: [{ title: 'Orders', type: 'stat', unit: 'reqps', queries }] }] as const;
    const read = await readDashboard(shop(), { rows, title: 'Shop – überall', refresh: '10s' });
    expect([...listRows(read).keys()][0]).to.equal('Totals');
    expect(panelsOf('Totals', read)[0]).to.deep.include({ type: 'stat', title: 'Orders' });
    expect(panelsOf('Totals', read)[0]?.targets[0]?.expr).to.equal('sum(rate(orders_total[5m]))');
    expect([read.title, read.uid, read.refresh]).to.deep.equal(['Shop – überall', 'shop-uberall', '10s']);
  });

  it('makes an identifier of any title', async () => {
    const uidOf = async (title: string) => (await readDashboard(catalogue([orders]), { title })).uid;
    expect(await uidOf('Flowplane – team metrics')).to.equal('flowplane-team-metrics');
    expect(await uidOf('x'.repeat(99))).to.equal('x'.repeat(40));
    expect(await uidOf('店')).to.match(/^metrics-\d+$/);
  });

  it('puts the prefix of the recorder before the names that the code declares, and before no others', async () => {
    const read = await readDashboard(shop(), { prefix: 'eu_' });
    const all = listPanels(read).flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(all.filter((expr) => /(?<!eu_)\borders_total|(?<![\w:])order_seconds/.test(expr))).to.deep.equal([]);
    expect(all.filter((expr) => /eu_(?:flowplane_metrics|process|nodejs)_/.test(expr))).to.deep.equal([]);
  });

  it('leaves labels alone that are hashed, that Prometheus adds itself, or that Grafana could not list', async () => {
    const odd = defineCounter({
      name: 'odd_total',
      help: 'Odd',
      labels: { job: { oneOf: ['a'] }, secret: { oneOf: ['b'], hash: true }, pair: { oneOf: ['a : b'] } },
    });
    const read = await readDashboard(catalogue([odd]));
    expect(read.templating.list.map(({ name, type }) => `${name}: ${type}`)).to.deep.equal([
      'datasource: datasource',
      'job: query',
      'instance: query',
      'pair: query',
    ]);
    expect(expressions('Odd: per second', read)[0]).to.match(/^sum by \(pair\) /);
  });

  it('leaves out what PromQL cannot write without quotation marks', async () => {
    const entries = catalogue([
      defineGauge({ name: 'plain', help: 'Plain', labels: { 'is.odd': { oneOf: ['a'] } } }),
      defineGauge({ name: 'queue.depth', help: 'Depth' }),
    ]);
    const read = await readDashboard(entries);
    expect(panelsOf('Recorded by hand', read).flatMap(({ targets }) => targets.map(({ expr }) => expr))).to.deep.equal([
      'max(plain{job=~"$job", instance=~"$instance"})',
    ]);
    expect(read.templating.list.map(({ name }) => name)).to.deep.equal(['datasource', 'job', 'instance']);
    const { templating } = await readDashboard(entries.filter(({ name }) => name === 'queue.depth'));
    expect(templating.list.find(({ name }) => name === 'job')?.query).to.equal(
      'label_values(flowplane_metrics_losses_total, job)',
    );
  });

  it('writes what people have written as it is: quotation marks, line ends, Markdown, and what would be a variable', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
    const help = 'Orders "paid"\n in $outcome, ${job} or [[instance]], for $5 *each*';
    class Order$job {
      @Counter({
        name: 'paid_total',
        help,
        objective: { ratio: 0.9, errors: { outcome: 'error' } },
        labels: { outcome },
      })
      pay(): void {}
    }
    const read = await readDashboard(catalogue([Order$job]));
    const titles = read.panels.map(({ title }) => title);
    const one = 'Orders "paid" in $\u2060outcome, $\u2060{job} or [\u2060[instance]], for $\u20605 *each*';
    expect(titles).to.include.members(['Order$\u2060job', `${one}: per second`, `${one}: errors`]);
    expect(find(`${one}: per second`, read).description).to.equal('paid_total, fed by @Counter on Order$\u2060job.pay');
    const variables = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)/;
    for (const { title, description = '' } of listPanels(read)) expect(title + description).to.not.match(variables);
  });

  it('reads no Markdown in the names of places', () => {
    expect(toDescription('@Counter on <anonymous>[a]*b*`c`')).to.equal(
      '@Counter on \\<anonymous\\>\\[a\\]\\*b\\*\\`c\\`',
    );
  });

  it('draws names with colons', async () => {
    const given = [
      defineGauge({ name: 'shop:depth', help: 'Depth' }),
      defineCounter({
        name: 'shop:orders_total',
        help: 'Shop',
        labels: { outcome: { oneOf: outcome.oneOf } },
        objective: { ratio: 0.9, errors: { outcome: 'error' } },
      }),
      defineHistogram({ name: 'shop:wait_seconds', help: 'Wait', native: true }),
    ];
    const read = await readDashboard(catalogue(given));
    expect(expressions('Depth', read)).to.deep.equal(['max(shop:depth{job=~"$job", instance=~"$instance"})']);
    expect(expressions('Shop: per second', read)[0]).to.contain('rate(shop:orders_total{');
    expect(expressions('Wait: percentiles', read)[0]).to.contain('shop:wait_seconds_bucket{');
    expect([...listRows(read).keys()]).to.include('Objective of shop:orders_total');
  });

  it('draws 500 families, each of which has a place and a number of its own', async () => {
    const many = Array.from({ length: 500 }, (_, i) => {
      const options = { name: `m${i}_seconds`, help: `Metric ${i}`, labels: { [`l${i % 7}`]: { oneOf: ['a', 'b'] } } };
      return i % 2 === 0 ? defineGauge(options) : defineHistogram(options);
    });
    const read = await readDashboard(catalogue(many));
    const drawn = panelsOf('Recorded by hand', read);
    expect(drawn).to.have.length(250 + 3 * 250);
    expect(new Set(drawn.map(({ id }) => id)).size).to.equal(drawn.length);
    expect(new Set(drawn.map(({ gridPos }) => `${gridPos.x} ${gridPos.y}`)).size).to.equal(drawn.length);
    const shuffled = catalogue(many).sort((a, b) => (a.help < b.help ? 1 : -1));
    expect(JSON.stringify(await readDashboard(shuffled))).to.equal(JSON.stringify(read));
  });

  it('has no panel twice where the catalogue of a recorder lists the requests already', async () => {
    const requests = defineHistogram({ name: 'http_server_request_duration_seconds', help: 'Requests' });
    const read = await readDashboard(catalogue([orders, requests]));
    expect(panelsOf('Recorded by hand', read).map(({ title }) => title)).to.deep.equal(['Orders: per second']);
  });

  it('refuses wrong options and an empty catalogue, and says what to do', async () => {
    const cases: readonly (readonly [options: object, text: RegExp])[] = [
      [{ title: '' }, /"title" must be a text that is not empty \(given ""\)\. Leave it out for "Service metrics"/],
      [{ datasource: 7 }, /"datasource" must be a text/],
      [{ refresh: 'often' }, /"refresh" must be a time such as 10s or 5m \(given "often"\)/],
      ...['shop.', 'shop-$x"', 7].map(
        (prefix) => [{ prefix }, /"prefix" must begin a metric name, .* Write that of the recorder/] as const,
      ),
      [{ requests: 'koa' }, /"requests" must be one of opentelemetry, express-prom-bundle, none/],
      ...[
        { title: 'Orders' },
        { title: 'Orders', unit: 7, queries: [{ expr: 'up', legend: '' }] },
        { title: 'Orders', queries: [{ legend: 'no expression' }] },
        { title: 'Orders', queries: [{ expr: {}, legend: 'no text' }] },
        { title: 'Orders', queries: [{ expr: Object.create(null), legend: 'no text' }] },
        { title: 'Orders', type: 'graph', queries: [{ expr: 'up', legend: '' }] },
      ].map(
        (panel) =>
          [{ rows: [{ title: 'Totals', panels: [panel] }] }, /"rows" must be a list of rows, each with/] as const,
      ),
      [{ titel: 'Shop' }, /option "titel" is unknown \(known: title, /],
    ];
    for (const [options, text] of cases) {
      const error = await readDashboard(shop(), options).catch((thrown: Error) => thrown);
      expect(error).to.be.instanceOf(Error);
      expect((error as Error).message).to.match(text);
    }
    for (const entry of [orders, 7]) {
      const wrong = await readDashboard([entry as never]).catch(({ message }: Error) => message);
      expect(wrong).to.equal(
        'createDashboard: the catalogue is a list of other things (given no entries). Give what catalogue() returned.',
      );
    }
    const empty = await readDashboard([]).catch(({ message }: Error) => message);
    expect(empty).to.equal(
      'createDashboard: no metric is declared (given an empty catalogue). Give what catalogue() returned.',
    );
  });

  it('reads classes that feed one family in any order', async () => {
    const [one, other] = await Promise.all([
      readDashboard(catalogue([OrderService, StockService, Cashier])),
      readDashboard(catalogue([Cashier, StockService, OrderService])),
    ]);
    expect(one).to.deep.equal(other);
  });
});
