// Annotated services that awilix creates; each container has a recorder of its own.
// npm install flowplane-metrics awilix
import { type AwilixContainer, asClass, asValue, createContainer } from 'awilix';
import { Counter, instanceObserver, type MetricsRecorder, PrometheusRecorder } from 'flowplane-metrics';
import { MetricsServer } from 'flowplane-metrics/serve';

class Ledger {
  @Counter({ name: 'bookings_total', help: 'Bookings by account', labels: { account: (account) => account } })
  book(_account: string, _cents: number): void {}
}

class Till {
  readonly #ledger: Ledger;

  constructor({ ledger }: { ledger: Ledger }) {
    this.#ledger = ledger;
  }

  refund(cents: number): void {
    this.#ledger.book('refunds', cents);
  }
}

/** Lets every instance of what is registered so far report to the recorder. */
function measure(container: AwilixContainer, recorder: MetricsRecorder): void {
  const observe = instanceObserver(recorder, 'awilix');
  for (const [name, registration] of Object.entries(container.registrations)) {
    const resolve: typeof registration.resolve = (scope) => {
      const instance = registration.resolve(scope);
      observe(instance);
      return instance;
    };
    container.register(name, { ...registration, resolve });
  }
}

const recorder = new PrometheusRecorder();
const container = createContainer();
container.register({
  recorder: asValue(recorder), // for classes that record by hand
  ledger: asClass(Ledger).singleton(),
  till: asClass(Till).scoped(),
});
measure(container, recorder);

container.createScope().resolve<Till>('till').refund(250);
const { url } = await new MetricsServer(recorder, { keepAlive: true }).listen(); // FLOWPLANE_METRICS_PORT or 9090
console.log(`Metrics  ${url}`);
