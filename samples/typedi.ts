// Annotated services that typedi injects, and that report to one recorder.
// npm install flowplane-metrics typedi reflect-metadata
import 'reflect-metadata';
import { Counter, defineCounter, MetricsRecorder } from 'flowplane-metrics';
import { serveMetrics } from 'flowplane-metrics/serve';
import { Container, Inject, Service } from 'typedi';

const refunds = defineCounter({ name: 'refunds_total', help: 'Refunds', labels: { reason: {} } });

@Service()
class Ledger {
  @Counter({ name: 'bookings_total', help: 'Bookings by account', labels: { account: (account) => account } })
  book(_account: string, _cents: number): void {}
}

@Service()
class Till {
  // MetricsRecorder is a class, as typedi wants it. Inject it only where a class records by hand.
  constructor(
    @Inject(() => Ledger) private readonly ledger: Ledger,
    @Inject(() => MetricsRecorder) private readonly recorder: MetricsRecorder,
  ) {}

  refund(cents: number): void {
    this.recorder.counter(refunds).inc({ reason: 'damaged' });
    this.ledger.book('refunds', cents);
  }
}

// The recorder becomes the default one: an instance without another recorder reports to it.
const { recorder, url } = await serveMetrics({ keepAlive: true }); // FLOWPLANE_METRICS_PORT or 9090
// As an object, so that Container.reset() keeps the recorder.
Container.set({ id: MetricsRecorder, value: recorder });

Container.get(Till).refund(250);
console.log(`Metrics  ${url}`);
