import { expect } from 'chai';
import { labelText } from '../../lib/store/label-text.js';

/** The rule as it is written: at most 1,024 code points, the last of them `…` where the text was cut, well-formed. */
function cutByPoints(text: string): string {
  const points = Array.from(text);
  return (points.length <= 1024 ? text : `${points.slice(0, 1023).join('')}…`).toWellFormed();
}

/** Texts around the limit, with characters of one and of two code units, and halves of those, at its edge. */
function* textsAroundTheLimit(): Generator<string> {
  const edges = ['b', 'é', '…', '😀', '\ud83d', '\ude00', '\ud83d\ud83d', 'b😀', '😀b'];
  for (const filler of ['a', '😀', 'ж']) {
    for (let points = 1020; points <= 1026; points++) {
      for (const edge of edges) {
        for (const end of ['', 'c', '\ude00', '😀', 'cc', 'c'.repeat(2000)]) yield filler.repeat(points) + edge + end;
      }
    }
  }
}

describe('The text of a long label value', () => {
  it('ends after 1,023 code points, whatever was cut before, and the same each time', () => {
    for (let round = 0; round < 2; round++) {
      for (const text of textsAroundTheLimit()) {
        const expected = cutByPoints(text);
        if (labelText(text) !== expected) expect(labelText(text), `${text.length} code units`).to.equal(expected);
      }
    }
  });

  it('differs for texts that differ within the first 1,023 code points only', () => {
    const cuts = new Set<unknown>();
    for (let i = 0; i < 1100; i++) cuts.add(labelText(`${'a'.repeat(i)}b${'a'.repeat(1100 - i)}`));
    expect(cuts.size).to.equal(1024);
  });
});
