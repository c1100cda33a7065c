import { expect } from 'chai';
import { defineCounter, PrometheusRecorder } from '../../lib/index.js';

const families = 30;
const labels = { team: {}, route: {} };

function declareFamilies(recorder: PrometheusRecorder): void {
  for (let i = 0; i < families; i++) {
    recorder.counter(defineCounter({ name: `jobs_${i}_total`, help: 'Finished jobs', labels }));
  }
}

/** How many bytes a family takes from the heap while it is declared and opened, where no collection comes between. */
function measureFamily(): number {
  const recorder = new PrometheusRecorder();
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  declareFamilies(recorder);
  return (process.memoryUsage().heapUsed - before) / families;
}

describe('A family that is declared', () => {
  it('takes no more than 14 KB from the heap, most of it for a moment only', () => {
    declareFamilies(new PrometheusRecorder());
    const taken = Array.from({ length: 9 }, measureFamily).filter((bytes) => bytes > 0);
    expect(Math.min(...taken))
      .to.be.above(2000)
      .and.below(14_000);
  });
});
