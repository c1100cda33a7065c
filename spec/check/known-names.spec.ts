import { expect } from 'chai';
import { catalogue } from '../../lib/catalogue/catalogue.js';
import { checkExpressions } from '../../lib/check/check-expressions.js';
import { KnownNames } from '../../lib/check/known-names.js';
import { loadGrammar } from '../../lib/check/promql/grammar.js';
import { readJson } from '../../lib/check/sources/json-source.js';
import { findExpressions } from '../../lib/cli/check/read-sources.js';
import { defineCounter, defineHistogram } from '../../lib/index.js';

const native = defineHistogram({ name: 'wait_seconds', help: 'Waiting', native: true, labels: { queue: {} } });

const declared = catalogue([
  defineCounter({
    name: 'http.requests_total',
    help: 'Requests',
    labels: { 'http.route': {}, 'user.kind': { oneOf: ['guest', 'member'] } },
  }),
  defineHistogram({ name: 'upload_bytes', help: 'Uploads', buckets: [1024, 1_048_576, 1e9] }),
  native,
]);

async function check(...expressions: readonly string[]): Promise<string[]> {
  const names = new KnownNames([]);
  names.addDeclared(declared);
  const text = JSON.stringify({ groups: [{ rules: expressions.map((expr) => ({ record: 'r', expr })) }] });
  const found = findExpressions({ path: 'rules.json', text, documents: [readJson(text)] });
  const faults = checkExpressions(found, { names, grammar: await loadGrammar(), scrapeSeconds: 15 });
  return faults.map(({ kind, message }) => `${kind}: ${message}`);
}

describe('Known names', () => {
  it('a star in the name of a metric of others stands for any part, and every other character for itself', () => {
    const names = new KnownNames([]);
    names.addNames(['mysql.*', 'odd(*']);
    const known = ['mysql.up', 'mysql_up', 'odd(name', 'odd'].filter((name) => names.find(name) !== undefined);
    expect(known).to.deep.equal(['mysql.up', 'odd(name']);
  });

  it('the check knows a family by its name in UTF-8, and by those that a Prometheus without UTF-8 stores, by each scheme of escaping', async () => {
    const faults = await check(
      'sum by ("http.route") (rate({"http.requests_total", "user.kind"="guest"}[5m]))',
      'sum by (http_route) (rate(http_requests_total{user_kind="guest"}[5m]))',
      'sum by (http_dot_route) (rate(http_dot_requests__total{user_dot_kind="guest"}[5m]))',
      'sum by (U__http_2e_route) (rate(U__http_2e_requests__total{U__user_2e_kind="guest"}[5m]))',
    );
    expect(faults).to.deep.equal([]);
  });

  it('the check knows the listed values of a label also where its name is escaped', async () => {
    const faults = await check('rate(http_requests_total{user_kind="gest"}[5m])');
    expect(faults.map((fault) => fault.split(':')[0])).to.deep.equal(['impossible-matcher']);
  });

  it('the check takes for buckets what is computed of each bucket by itself, and so of native histograms', async () => {
    const growth = 'sum by (le) (rate(upload_bytes_bucket[5m]))';
    const faults = await check(
      `histogram_quantile(0.9, avg_over_time(${growth}[30m:]))`,
      `histogram_quantile(0.9, max_over_time(${growth}[30m:1m]))`,
      `histogram_quantile(0.9, clamp_min(round(${growth}), 0))`,
      `histogram_quantile(0.9, sum by (le) (delta(upload_bytes_bucket[5m])))`,
      `histogram_quantile(0.9, sum(avg_over_time(wait_seconds[5m])))`,
      `histogram_quantile(0.9, sum_over_time(rate(wait_seconds[5m])[30m:]))`,
      `histogram_quantile(0.9, delta(wait_seconds[5m]))`,
    );
    expect(faults).to.deep.equal([]);
    const wrong = await check(
      `histogram_quantile(0.9, avg_over_time(upload_bytes_sum[5m]))`,
      `histogram_quantile(0.9, max_over_time(wait_seconds[5m]))`,
    );
    expect(wrong.map((fault) => fault.split(':')[0])).to.deep.equal(wrong.map(() => 'quantile-of-no-histogram'));
    expect(wrong).to.have.length(2);
  });

  it('the check knows bounds as they are exposed: of a million and more with an exponent', async () => {
    const right = ['1024', '1024.0', '1.048576e+06', '1e+09', '+Inf'];
    expect(await check(...right.map((le) => `rate(upload_bytes_bucket{le="${le}"}[5m])`))).to.deep.equal([]);
    const wrong = ['1048576', '1048576.0', '1000000000'];
    const faults = await check(...wrong.map((le) => `rate(upload_bytes_bucket{le="${le}"}[5m])`));
    expect(faults[0]).to.contain('(given 1024, 1.048576e+06, 1e+09, +Inf)');
    expect(faults.map((fault) => fault.split(':')[0])).to.deep.equal(wrong.map(() => 'impossible-matcher'));
  });
});
