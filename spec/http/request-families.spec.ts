import { expect } from 'chai';
import { MetricsError, PrometheusRecorder, requestFamilies, requestMetrics } from 'flowplane-metrics';
import { countOf, rate, series } from 'flowplane-metrics/promql';

describe('The families of requests, for queries', () => {
  const bundle = { names: 'express-prom-bundle', prefix: 'public_', buckets: [1, 2] } as const;
  const cases = [
    { options: {}, families: () => requestFamilies() },
    { options: bundle, families: () => requestFamilies(bundle) },
  ];

  for (const { options, families } of cases) {
    it(`have the names, labels and buckets that are recorded with the options ${JSON.stringify(options)}`, () => {
      const recorder = new PrometheusRecorder({ processMetrics: false });
      requestMetrics(recorder, options);
      const { duration, size, active } = families();
      for (const family of [duration, size, active]) {
        // Why: a recorder refuses a family whose kind, labels or buckets are not those that it has.
        expect(() => recorder.open(family), family.name).to.not.throw();
        expect(() => recorder.open({ ...family, kind: 'counter' }), family.name).to.throw(
          MetricsError,
          /already exists/,
        );
      }
    });
  }

  it('give queries whose labels the compiler knows', () => {
    const { duration, active } = requestFamilies();
    const failed = rate(countOf(duration), '5m').where({ http_response_status_code: { matches: '5..' } });
    expect(String(failed.sumBy('http_route'))).to.equal(
      'sum by (http_route) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m]))',
    );
    const bundled = requestFamilies({ names: 'express-prom-bundle' });
    expect(String(rate(countOf(bundled.duration), '5m').sumBy('status_code', 'path'))).to.contain('status_code, path');
    // @ts-expect-error: requests that are open have no route yet.
    expect(() => series(active).sumBy('http_route')).to.throw(MetricsError, /"http_route" is unknown/);
    // @ts-expect-error: another convention has this label.
    expect(() => series(bundled.active).sumBy('status_code')).to.throw(MetricsError, /"status_code" is unknown/);
  });

  it('refuse the options that httpMetrics refuses', () => {
    expect(() => requestFamilies({ names: 'otel' as 'opentelemetry' })).to.throw(
      MetricsError,
      /requestFamilies: "names" must be one of/,
    );
  });
});
