import type { Family } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import { CounterRecorder } from './counter-recorder.js';
import type { ConstantLabels, ExposedFamily, SampleWriter } from './exposed-family.js';
import { GaugeRecorder } from './gauge-recorder.js';
import { HistogramRecorder } from './histogram-recorder.js';
import type { SeriesRecorder } from './series-recorder.js';
import type { TableOptions } from './series-table.js';

interface RecorderClass {
  new (family: Family, options: TableOptions): SeriesRecorder;
  /** How many numbers a series of this family has. */
  width(family: Family): number;
  /** How many samples it is exposed as. */
  samples(family: Family): number;
}

const recorders: Readonly<Record<MetricKind, RecorderClass>> = {
  counter: CounterRecorder,
  gauge: GaugeRecorder,
  histogram: HistogramRecorder,
};

/** The recorder of a family. */
export function seriesRecorder(family: Family, options: Omit<TableOptions, 'width' | 'samples'>): SeriesRecorder {
  const kind = recorders[family.kind];
  return new kind(family, { ...options, width: kind.width(family), samples: kind.samples(family) });
}

/** A family of ours as it is exposed. Its own labels come first, and win over a constant label of the same name. */
export function exposed(recorder: SeriesRecorder, name: string, constant: ConstantLabels): ExposedFamily {
  const { family } = recorder;
  return {
    name,
    type: family.kind,
    help: family.help,
    unit: family.unit,
    write: (samples) => writeSeries(recorder, samples, constant),
  };
}

function writeSeries(recorder: SeriesRecorder, samples: SampleWriter, constant: ConstantLabels): Iterable<void> {
  const own = Object.keys(recorder.family.labels);
  const added = constant.filter(([name]) => !own.includes(name));
  for (const [i, [name, value]] of added.entries()) samples.label(i, name, value);
  return recorder.walk({
    label: (depth, value) => samples.label(added.length + depth, own[depth] ?? '', value),
    series: (place) => recorder.write(place, samples, added.length + own.length),
  });
}
