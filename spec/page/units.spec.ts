import { expect } from 'chai';
import { describeAxis, speller, stepsOf, unitOf } from '../../lib/page/units.js';

describe('The page spells', () => {
  const cases: readonly (readonly [unit: string | undefined, isRate: boolean, value: number | null, text: string])[] = [
    ['seconds', false, 0.00125, '1.25 ms'],
    ['seconds', false, 0.35, '350 ms'],
    ['seconds', false, 1, '1 s'],
    ['seconds', false, 90, '1.5 min'],
    ['seconds', false, 0, '0 s'],
    ['bytes', false, 1536, '1.5 KiB'],
    ['bytes', true, 3_670_016, '3.5 MiB/s'],
    ['ratio', false, 0.125, '12.5 %'],
    ['celsius', false, 21.5, '21.5 °C'],
    ['seconds', true, 0.25, '25 %'],
    ['milliseconds', false, 1500, '1.5 s'],
    ['percent', false, 12.5, '12.5 %'],
    ['volts', false, 0.005, '5 mV'],
    ['pallets', false, 12, '12 pallets'],
    ['constructor', false, 12, '12 constructor'],
    [undefined, false, 12_345, '12,345'],
    [undefined, false, 1_234_567, '1.235 M'],
    [undefined, true, 2.5, '2.5/s'],
    [undefined, false, -3, '-3'],
    [undefined, false, null, '–'],
    [undefined, false, Infinity, '∞'],
    ['bytes', false, 1.5e300, '1.5e+300 B'],
    ['seconds', false, -1e-20, '-1e-20 s'],
    ['seconds', false, 1_700_000_000, '19,676 d'],
    [undefined, false, 6e-15, '6e-15'],
    [undefined, false, Number.MAX_VALUE, '1.798e+308'],
    [undefined, false, Number.MIN_VALUE, '4.941e-324'],
    [undefined, true, 5e17, '500,000 T/s'],
  ];
  for (const [unit, isRate, value, text] of cases) {
    it(`${value} of ${unit ?? 'no unit'}${isRate ? ' per second' : ''} as ${text}`, () => {
      expect(speller(unit, isRate)(value)).to.equal(text);
    });
  }

  it('the unit of a name where none is declared', () => {
    expect(unitOf('wait_seconds', undefined)).to.equal('seconds');
    expect(unitOf('sent_bytes_total', undefined)).to.equal('bytes');
    expect(unitOf('jobs_total', undefined)).to.equal(undefined);
    expect(unitOf('jobs_total', 'jobs')).to.equal('jobs');
  });

  it('steps of an axis that are round in its unit', () => {
    expect(stepsOf('bytes', false)).to.include.members([1024, 1024 ** 2]);
    expect(stepsOf('seconds', false)).to.include.members([0.005, 60, 300, 3600]);
    for (const unit of ['bytes', 'seconds']) {
      const steps = stepsOf(unit, false) ?? [];
      expect(steps).to.deep.equal([...steps].sort((a, b) => a - b));
    }
    expect(stepsOf('seconds', true)).to.equal(undefined);
  });

  it('what the value axis measures', () => {
    expect(describeAxis('bytes', true)).to.equal('bytes per second');
    expect(describeAxis(undefined, true)).to.equal('events per second');
    expect(describeAxis('seconds')).to.equal('seconds');
    expect(describeAxis('seconds', true)).to.equal('part of the time');
  });
});
