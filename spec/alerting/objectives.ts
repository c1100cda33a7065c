import { catalogue, defineCounter, defineHistogram, type Family } from 'flowplane-metrics';
import { createObjectiveGroup } from '../../lib/alerting/objective-rules.js';
import type { RuleGroup } from '../../lib/alerting/rule-group.js';

/** One error in a thousand orders is allowed. */
export const orders = defineCounter({
  name: 'orders_total',
  help: 'Orders',
  labels: { outcome: { oneOf: ['success', 'error'] } },
  objective: { ratio: 0.999, errors: { outcome: 'error' } },
});

/** One order in a thousand may take longer than a second. */
export const latency = defineHistogram({
  name: 'order_seconds',
  help: 'Duration of an order',
  buckets: [0.25, 1, 5],
  objective: { under: 1, ratio: 0.999 },
});

/** The rules of a family with an objective. */
export function rulesOf(family: Family, prefix = ''): RuleGroup {
  const [entry] = catalogue([family]);
  const group = entry && createObjectiveGroup(entry, prefix);
  if (group === undefined) throw new Error('the family has no objective');
  return group;
}
