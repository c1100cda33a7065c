import { expect } from 'chai';
import { labelComesBack, nameInOtlp, translate } from '../../lib/otlp/metric-names.js';
import type { ExposedType } from '../../lib/store/exposed-family.js';

describe('The name of a family in OTLP', () => {
  /** By scraped name and type: the name and the unit that are sent. */
  const vectors: readonly (readonly [name: string, type: ExposedType, sent: string, unit: string])[] = [
    ['jobs_total', 'counter', 'jobs', ''],
    ['wait_seconds', 'histogram', 'wait', 's'],
    ['wait_seconds_total', 'counter', 'wait', 's'],
    ['size_bytes', 'gauge', 'size', 'By'],
    ['backup_last_success_timestamp_seconds', 'gauge', 'backup_last_success_timestamp', 's'],
    ['hit_ratio', 'gauge', 'hit', '1'],
    ['hit_ratio', 'histogram', 'hit_ratio', ''],
    ['hit_ratio_total', 'counter', 'hit_ratio', ''],
    ['room_celsius', 'gauge', 'room', 'Cel'],
    ['seconds_total', 'counter', 'seconds', ''],
    ['seconds', 'gauge', 'seconds', ''],
    ['seconds_of_seconds', 'gauge', 'seconds_of_seconds', ''],
    ['rooms', 'gauge', 'rooms', ''],
    ['rooms_total', 'gauge', 'rooms_total', ''],
    ['latency_milliseconds', 'summary', 'latency', 'ms'],
    ['anything_bytes', 'unknown', 'anything', 'By'],
  ];
  for (const [name, type, sent, unit] of vectors) {
    it(`leads back to the ${type} ${name}`, () => {
      expect(nameInOtlp({ name, type })).to.deep.equal({ name: sent, unit, comesBack: true });
      expect(translate(sent, unit, type)).to.equal(name);
    });
  }

  it('keeps dots, which come back as the underscores of a scrape', () => {
    const sent = { name: 'http.server.duration', unit: '', comesBack: true };
    expect(nameInOtlp({ name: 'http.server.duration', type: 'histogram' })).to.deep.equal(sent);
  });

  for (const [name, type] of [
    ['calls', 'counter'],
    ['total_calls_total', 'counter'],
    ['a__b', 'gauge'],
    ['_a', 'gauge'],
    ['a_', 'gauge'],
    ['job:calls:rate5m', 'gauge'],
    ['ratio_of_ratio_ratio', 'summary'],
  ] as const) {
    it(`does not lead back to the ${type} ${name} unless the rules say so`, () => {
      const { name: sent, unit, comesBack } = nameInOtlp({ name, type });
      expect(comesBack).to.equal(translate(sent, unit, type) === name);
    });
  }

  // The rules of Prometheus' translation, by example: name, unit, type, result. Source: otlptranslator's documentation.
  const rules: readonly (readonly [name: string, unit: string, type: ExposedType, scraped: string])[] = [
    ['system.io', 'By', 'counter', 'system_io_bytes_total'],
    ['system.network.total', '', 'counter', 'system_network_total'],
    ['http.server.duration', 's', 'histogram', 'http_server_duration_seconds'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['cpu.utilization', '1', 'counter', 'cpu_utilization_total'],
    ['size_bytes', 'By', 'gauge', 'size_bytes'],
    ['1st.size', '', 'gauge', '_1st_size'],
  ];
  for (const [name, unit, type, scraped] of rules) {
    it(`becomes ${scraped} from the ${type} ${name} in "${unit}"`, () => {
      expect(translate(name, unit, type)).to.equal(scraped);
    });
  }

  it('has labels that come back, but for those that a receiver uses or changes', () => {
    expect(['team', 'le_', '__x'].map(labelComesBack)).to.deep.equal([true, true, true]);
    expect(['job', 'instance', '_team'].map(labelComesBack)).to.deep.equal([false, false, false]);
  });
});
