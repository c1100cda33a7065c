import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  Gauge,
  PrometheusRecorder,
} from '../../lib/index.js';

/** Text that would take over a page that shows it as markup. */
export const attack = '"><script>document.title = "taken"</script><img src=x onerror="document.title = \'taken\'">';
export const jobs = defineCounter({ name: 'jobs_total', help: `Jobs ${attack}`, labels: { queue: {} } });
export const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: { limit: 20 } } });
export const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2, 4] });
export const size = defineHistogram({
  name: 'size_bytes',
  help: 'Sizes',
  labels: { of: {} },
  buckets: false,
  native: true,
});
export const calls = defineCounter({
  name: 'calls_total',
  help: 'Calls',
  labels: { outcome: {} },
  objective: { ratio: 0.99, errors: { outcome: 'error' } },
});

class Silent {
  @Counter({ name: 'landing_silent_total', help: 'Calls that nobody makes' })
  call(): void {}
}

/** A recorder with each kind of family, and with one that nothing has called. */
export function filled(): PrometheusRecorder {
  // Why named: a class that nobody refers to is not declared any more.
  const recorder = new PrometheusRecorder({ constantLabels: { silent: Silent.name } });
  for (let i = 0; i < 12; i++) recorder.gauge(depth).set({ queue: `q${i}` }, i);
  recorder.counter(jobs).inc({ queue: attack }, 3);
  recorder.histogram(wait).observe({}, 1.5);
  recorder.counter(calls).inc({ outcome: 'ok' });
  return recorder;
}

/** Makes the call that nobody makes. */
export function callSilent(recorder: PrometheusRecorder): void {
  const silent = new Silent();
  attachRecorder(silent, recorder);
  silent.call();
}

class Warehouse {
  @Gauge({ name: 'pallets', help: 'What stands there', value: (count: number) => count })
  count(): number {
    return 7;
  }

  @Counter({ name: 'parcels_total', help: 'Handed over', labels: { carrier: (carrier) => carrier } })
  pack(_carrier: string): void {}
}

/** Makes a call of each method of a class that feeds two families, neither of which has its name. */
export function feedWarehouse(recorder: PrometheusRecorder): void {
  const warehouse = new Warehouse();
  attachRecorder(warehouse, recorder);
  warehouse.count();
  warehouse.pack('bicycle');
}

class Idle {
  @Counter({ name: 'landing_idle_total', help: 'Calls to come', by: (step) => step })
  call(step: number): number {
    return step;
  }
}

/** Wires a method that feeds a family, and gives what calls it. */
export function wireIdle(recorder: PrometheusRecorder): (step: unknown) => void {
  const idle = new Idle();
  attachRecorder(idle, recorder);
  return (step) => idle.call(step as number);
}
