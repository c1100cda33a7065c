import { expect } from 'chai';
import { attachRecorder, Counter, instrumentFunction, PrometheusRecorder } from '../../lib/index.js';
import { CopyInThread } from './copy-in-thread.js';

let copy: CopyInThread;

/** Blocks this thread until the other one has seen that. */
function block(): void {
  for (const end = performance.now() + 250; performance.now() < end; );
  for (const { scrapes } = copy; copy.scrapes < scrapes + 3; );
}

class Reports {
  @Counter({ name: 'reports_total', help: 'Reports' })
  write(inner?: () => void): number {
    inner?.();
    block();
    return 1;
  }

  @Counter({ name: 'tables_total', help: 'Tables' })
  sort(): void {
    block();
  }

  @Counter({ name: 'failures_total', help: 'Failures' })
  fail(): never {
    throw new Error('no paper');
  }

  @Counter({ name: 'sent_total', help: 'Sent' })
  async send(): Promise<void> {
    await Promise.resolve();
  }
}

const print = instrumentFunction(
  function print(this: Reports): void {
    block();
  },
  Counter({ name: 'prints_total', help: 'Prints' }),
);

const loop = /^flowplane_metrics_event_loop_.*$/gm;
const by = (method: string): string => `flowplane_metrics_event_loop_blocked_by{class="Reports",method="${method}"} 1`;
const isBlocked = (body: string): boolean => !body.includes('flowplane_metrics_event_loop_blocked_seconds 0\n');

describe('The metrics of the event loop', () => {
  let reports: Reports;

  beforeEach(() => {
    const recorder = new PrometheusRecorder();
    reports = attachRecorder(new Reports(), recorder);
    copy = new CopyInThread(recorder);
  });

  afterEach(() => copy.close());

  /** What the thread finds of the event loop while this runs and it is blocked: each different list of methods once. */
  async function methodsWhile(run: () => unknown): Promise<string[]> {
    const bodies = await copy.scrapeWhile(run);
    const found = bodies.filter(isBlocked).map((body) => (body.match(loop) ?? []).slice(1).join());
    // Why not the empty ones: the method may have ended before the loop turns.
    return found.filter((one, i) => one !== '' && one !== found[i - 1]);
  }

  it('show 0 seconds and no method while it is free', async () => {
    const shown = new Set<string>();
    // Why not each of them: on a busy machine this thread may have to wait for a processor, which is a blocked loop too.
    while (!shown.has('flowplane_metrics_event_loop_blocked_seconds 0')) {
      for (const body of await copy.scrapeWhile(() => undefined)) shown.add((body.match(loop) ?? []).join());
    }
  });

  it('show for how long it is blocked', async () => {
    const bodies = await copy.scrapeWhile(() => block());
    const seconds = bodies.map((body) => Number(/^flowplane_metrics_event_loop_blocked_seconds (.*)/m.exec(body)?.[1]));
    expect(Math.max(...seconds)).to.be.within(0.1, 30);
    expect(await methodsWhile(() => block())).to.deep.equal([]);
  });

  it('name the decorated method that blocks it, the innermost of several', async () => {
    expect(await methodsWhile(() => reports.write())).to.deep.equal([by('write')]);
    const methods = await methodsWhile(() => reports.write(() => reports.sort()));
    expect(methods).to.deep.equal([by('sort'), by('write')]);
  });

  it('name a decorated function, whose class is "function"', async () => {
    const methods = await methodsWhile(() => print.call(reports));
    expect(methods).to.deep.equal([by('print').replace('Reports', 'function')]);
  });

  it('name no method that has ended, also by an error or in an asynchronous part', async () => {
    const methods = await methodsWhile(async () => {
      await reports.send();
      expect(() => reports.fail()).to.throw('no paper');
      block();
    });
    expect(methods).to.deep.equal([]);
  });
});
