import { expect } from 'chai';
import type { CellExemplar } from '../../lib/store/cells.js';
import { PooledExemplars, ScrapedExemplars } from '../../lib/store/pooled-exemplars.js';

const sum = 7;
const exemplarAt = (time: number, value = time): CellExemplar => ({
  index: sum,
  isOneOfSeveral: true,
  source: { labels: { order: `${time}` } },
  value,
  time,
});

describe('The exemplars of cells that others have counted', () => {
  it('take none of a native histogram that is older than its newest, and say so', () => {
    const pooled = new PooledExemplars();
    expect([10, 20, 20, 15].map((time) => pooled.take(exemplarAt(time)))).to.deep.equal([true, true, false, false]);
    expect(pooled.readSeveral(sum).map(({ value }) => value)).to.deep.equal([10, 20]);
  });

  it('publish none again that had to go where a source still shows it', () => {
    const scraped = new ScrapedExemplars();
    for (let time = 1; time <= 11; time++) scraped.take(exemplarAt(time));
    const kept = scraped.readSeveral(sum).map(({ value }) => value);
    const gone = Array.from({ length: 11 }, (_, i) => i + 1).find((time) => !kept.includes(time)) as number;
    expect(kept).to.have.lengthOf(10);
    const published: number[] = [];
    const { now } = Date;
    const later = now() + 60_000;
    try {
      Date.now = () => later;
      scraped.take(exemplarAt(gone));
      scraped.visitSince(later, ({ value }) => published.push(value));
    } finally {
      Date.now = now;
    }
    expect(published).to.deep.equal([]);
  });
});
