import type { SampleWriter, Scrapable } from '../../lib/store/exposed-family.js';
import type { Readings } from '../contracts/metrics-recorder.contract.js';

/** The samples of one family, each as the line that it would be exposed as. */
export async function readSamples(scrapable: Scrapable, family: string): Promise<Readings> {
  const readings: Record<string, number> = {};
  for (const exposed of await scrapable.exposedFamilies()) {
    if (exposed.name === family) for (const _ of exposed.write(collectInto(readings, family)));
  }
  return readings;
}

function collectInto(readings: Record<string, number>, family: string): SampleWriter {
  const labels: [string, string][] = [];
  return {
    label(depth, name, value) {
      labels[depth] = [name, value];
    },
    value(depth, value) {
      this.sample(depth, '', value);
    },
    histogram(depth, { upperBounds, cumulativeCounts, sum, count }) {
      for (const [i, at] of upperBounds.entries()) {
        this.sample(depth, '_bucket', cumulativeCounts[i] as number, { label: 'le', at });
      }
      this.sample(depth, '_sum', sum);
      this.sample(depth, '_count', count);
    },
    summary(depth, { quantiles, values, sum, count }) {
      for (const [i, at] of quantiles.entries()) {
        this.sample(depth, '', values[i] as number, { label: 'quantile', at });
      }
      this.sample(depth, '_sum', sum);
      this.sample(depth, '_count', count);
    },
    sample(depth, suffix, value, bound) {
      const own = labels.slice(0, depth).filter(([, text]) => text !== '');
      const all = bound ? [...own, [bound.label, bound.at === Infinity ? '+Inf' : String(bound.at)]] : own;
      const text = all.map(([name, value]) => `${name}="${value}"`).join(',');
      readings[`${family}${suffix}${text && `{${text}}`}`] = value;
    },
  };
}
