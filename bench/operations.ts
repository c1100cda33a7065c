import * as byHand from './by-hand.js';
import { decorated, recordedByHand } from './decorated.js';
import { autometrics, nestjsOtel, openTelemetryAdd, openTelemetryExponential, successorByHand } from './peers.js';
import { bareAsyncService, bareService, each, type Subject } from './service.js';

const bare: Subject = { name: 'bare method', services: (count) => each(count, bareService) };
const bareAsync: Subject = { name: 'bare method', services: (count) => each(count, bareAsyncService) };

/** What is measured: in each row, the first subject is what the others are compared with. */
export const operations: Readonly<Record<string, readonly Subject[]>> = {
  '@Counter': [
    bare,
    byHand.walk,
    decorated(bareService, 'counter'),
    recordedByHand,
    byHand.counter,
    successorByHand,
    openTelemetryAdd,
    decorated(bareService, 'plainCounter'),
    nestjsOtel,
    autometrics,
  ],
  '@Counter, async': [bareAsync, decorated(bareAsyncService, 'counter'), byHand.asyncCounter],
  '@Gauge': [bare, decorated(bareService, 'gauge'), byHand.gauge],
  '@Histogram': [bare, decorated(bareService, 'histogram'), byHand.histogram],
  // Our classic histogram, and the other kind of OpenTelemetry's, of the same durations.
  '@Histogram, native': [
    bare,
    decorated(bareService, 'nativeDurations'),
    decorated(bareService, 'classicDurations'),
    decorated(bareService, 'bothDurations'),
    openTelemetryExponential,
  ],
  '@Timed': [bare, decorated(bareService, 'timed'), byHand.timed],
  '@InFlight': [bare, decorated(bareService, 'inFlight'), byHand.inFlight],
  '@Counter, @Timed, @InFlight stacked': [bare, decorated(bareService, 'counter', 'timed', 'inFlight'), byHand.stacked],
};
