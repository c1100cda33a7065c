// Annotated services that tsyringe injects, and that report to one recorder.
// npm install flowplane-metrics tsyringe reflect-metadata
import 'reflect-metadata';
import { Counter, defineCounter, MetricsRecorder } from 'flowplane-metrics';
import { serveMetrics } from 'flowplane-metrics/serve';
import { container, inject, singleton } from 'tsyringe';

const refunds = defineCounter({ name: 'refunds_total', help: 'Refunds', labels: { reason: {} } });

@singleton()
class Ledger {
  @Counter({ name: 'bookings_total', help: 'Bookings by account', labels: { account: (account) => account } })
  book(_account: string, _cents: number): void {}
}

@singleton()
class Till {
  // MetricsRecorder is a class to tsyringe. Inject it only where a class records by hand.
  constructor(
    @inject(Ledger) private readonly ledger: Ledger,
    @inject(MetricsRecorder) private readonly recorder: MetricsRecorder,
  ) {}

  refund(cents: number): void {
    this.recorder.counter(refunds).inc({ reason: 'damaged' });
    this.ledger.book('refunds', cents);
  }
}

// The recorder becomes the default one: an instance without another recorder reports to it.
const { recorder, url } = await serveMetrics({ keepAlive: true }); // FLOWPLANE_METRICS_PORT or 9090
container.registerInstance(MetricsRecorder, recorder);

container.resolve(Till).refund(250);
console.log(`Metrics  ${url}`);
