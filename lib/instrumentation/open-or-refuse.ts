import type { FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import type { Instrument } from './instrument.js';
import { Unrecordable } from './unrecordable.js';

/** The recorder of the instrument's family; where it clashes with another one, every observation is dropped. */
export function openOrRefuse({ family, site }: Instrument, recorder: MetricsRecorder): FamilyRecorder {
  try {
    return recorder.open(family, site);
  } catch (clash) {
    const refuse = (): never => {
      throw new Unrecordable('family_clash', clash);
    };
    return {
      lookup: refuse,
      getOrCreate: refuse,
      add: refuse,
      set: refuse,
      observe: refuse,
      acquire: refuse,
      release: refuse,
    };
  }
}
