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
    return { find: refuse, place: refuse, add: refuse, set: refuse, observe: refuse, enter: refuse, leave: refuse };
  }
}
