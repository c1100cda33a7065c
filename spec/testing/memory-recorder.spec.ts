import { MemoryRecorder } from '../../lib/testing/index.js';
import { describeMetricsRecorder, type Readings } from '../contracts/metrics-recorder.contract.js';

const suffixes = ['', '_bucket', '_sum', '_count'];

function read(recorder: MemoryRecorder, family: string): Readings {
  const samples = suffixes.flatMap((suffix) =>
    recorder.series(family + suffix).map(({ labels, value }) => {
      const text = Object.entries(labels).map(([name, label]) => `${name}="${label}"`);
      return [`${family}${suffix}${text.length === 0 ? '' : `{${text.join(',')}}`}`, value] as const;
    }),
  );
  return Object.fromEntries(samples);
}

describeMetricsRecorder('MemoryRecorder', {
  create: (options) => new MemoryRecorder(options),
  read: async (recorder, family) => read(recorder as MemoryRecorder, family),
});
