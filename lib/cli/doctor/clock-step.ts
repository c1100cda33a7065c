import type { Facts } from './facts.js';
import { type Finding, ok, problem, type Step, skipped } from './step.js';

/** A `Date` header has seconds only, and takes a moment to arrive. */
const tolerance = 5;

/** Whether all clocks that were seen agree with the one here. */
export const clockStep: Step<Facts> = {
  name: 'clocks',
  needs: [],
  examine({ clocks }: Facts): Finding {
    if (clocks.size === 0) return skipped('nobody told the time');
    const wrong = [...clocks].find(([, ahead]) => Math.abs(ahead) > tolerance);
    if (wrong === undefined) return ok(`${[...clocks.keys()].join(', ')} and this machine agree`);
    const [whose, ahead] = wrong;
    return problem(
      `The clock of ${whose} is ${Math.round(Math.abs(ahead))} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`,
      'a machine without time synchronisation: graphs end early, or show nothing of the last minutes',
      'Run chrony or systemd-timesyncd on both.',
    );
  },
};
