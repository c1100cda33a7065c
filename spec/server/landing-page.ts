import { Counter, defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from '../../lib/index.js';

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
  return recorder;
}
