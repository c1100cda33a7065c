import { defineGauge, type Family } from '../families/family.js';
import type { ConstantLabels, ExposedFamily, SampleWriter } from '../store/exposed-family.js';
import { withLabels } from '../store/with-labels.js';

const blocked = defineGauge({
  name: 'flowplane_metrics_event_loop_blocked_seconds',
  help: 'For how long the event loop of the main thread has been blocked; 0 where it is not',
  unit: 'seconds',
});

const blockedBy = defineGauge({
  name: 'flowplane_metrics_event_loop_blocked_by',
  help: 'The decorated method that runs while the event loop is blocked',
  labels: { class: {}, method: {} },
});

/** The event loop at one moment. */
export interface LoopMoment {
  readonly blockedSeconds: number;
  /** The class and the method that blocks it, if a decorated one does. */
  readonly method: readonly [className: string, method: string] | undefined;
}

/** The families about the event loop of the main thread, which no store knows. */
export function exposeLoop(
  { blockedSeconds, method }: LoopMoment,
  constant: ConstantLabels,
  isChosen: (name: string) => boolean,
): ExposedFamily[] {
  const exposed = [
    expose(blocked, (samples) => samples.value(0, blockedSeconds)),
    ...(blockedSeconds > 0 && method !== undefined ? [exposeMethod(method)] : []),
  ];
  return exposed.filter(({ name }) => isChosen(name)).map((family) => withLabels(family, constant));
}

function exposeMethod([className, method]: readonly [className: string, method: string]): ExposedFamily {
  return expose(blockedBy, (samples) => {
    samples.label(0, 'class', className);
    samples.label(1, 'method', method);
    samples.value(2, 1);
  });
}

function expose(
  { name, help, unit }: Pick<ExposedFamily, 'name' | 'help' | 'unit'>,
  writeAll: (samples: SampleWriter) => void,
): ExposedFamily {
  function* write(samples: SampleWriter): Generator<void> {
    writeAll(samples);
    yield;
  }
  return { name, type: 'gauge', help, unit, write };
}

/** The families of a copy about the event loop. */
export const loopFamilies: readonly Family[] = [blocked, blockedBy];
