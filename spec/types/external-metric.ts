import { Counter, Gauge, InFlight, Timed } from 'flowplane-metrics';
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram } from 'prom-client';

const placed = new PromCounter({ name: 'c', help: 'h', labelNames: ['team', 'type'] as const });
const gauge = new PromGauge({ name: 'g', help: 'h', labelNames: ['team'] as const });
const histogram = new PromHistogram({ name: 'h', help: 'h', labelNames: ['team'] as const });

export class Uses {
  @Counter(placed, { labels: { team: (team) => team.trim(), type: 'x' }, by: (result) => result.length })
  counted(team: string): string {
    return team;
  }

  // @ts-expect-error a label is missing
  @Counter(placed, { labels: { team: 'x' } })
  missing(): void {}

  // @ts-expect-error the metric has no such label
  @Counter(placed, { labels: { team: 'x', type: 'y', other: 'z' } })
  unknown(): void {}

  // @ts-expect-error a gauge of theirs is no counter to count with
  @Timed(gauge, { labels: { team: 'x' } })
  wrong(): void {}

  @Gauge(gauge, { labels: { team: (team) => team }, value: (result) => result.length })
  @InFlight(gauge, { labels: { team: 'x' } })
  @Timed(histogram, { labels: { team: { result: (result) => result.slice(1) } } })
  async several(team: string): Promise<string> {
    return team;
  }
}

const bare = new PromCounter({ name: 'c', help: 'h' });
const bareGauge = new PromGauge({ name: 'g', help: 'h', labelNames: [] as const });
const bareHistogram = new PromHistogram({ name: 'h', help: 'h' });

export class Unlabelled {
  @Counter(bare)
  @Counter(bare, {})
  @Counter(bare, { by: (result) => result.length })
  @InFlight(bareGauge)
  @InFlight(bareGauge, {})
  @Gauge(bareGauge, { value: (result) => result.length })
  @Timed(bareHistogram)
  @Timed(bareHistogram, { on: 'returned' })
  several(team: string): string {
    return team;
  }

  // @ts-expect-error the labels are missing
  @Counter(placed)
  missing(): void {}

  // @ts-expect-error the labels are missing
  @InFlight(gauge, {})
  missingToo(): void {}
}
