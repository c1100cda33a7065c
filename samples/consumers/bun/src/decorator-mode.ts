import { attachRecorder, Counter } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';

let mode = 'experimental';

// biome-ignore lint/suspicious/noExplicitAny: the two kinds of decorators are given something else.
const tellMode: any = (_target: unknown, given: unknown): void => {
  if (typeof given === 'object') mode = 'standard';
};

class Bakery {
  @tellMode
  @Counter({ name: 'loaves_total', help: 'Loaves that were baked' })
  bake(): void {}
}

const metrics = new MemoryRecorder({ strict: true });
attachRecorder(new Bakery(), metrics).bake();
console.log(mode, metrics.value('loaves_total'));
