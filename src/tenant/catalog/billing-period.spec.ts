import fc from 'fast-check';
import { billingPeriod } from './billing-period.js';

const moment = fc.date({ min: new Date('1971-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
/** The last days of a month, at the last and the first moments of a day. */
const edge = fc
  .tuple(fc.integer({ min: 0, max: 2_400 }), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1, -1))
  .map(([months, days, milliseconds]) => new Date(Date.UTC(1980, months, 1 + days, 0, 0, 0, milliseconds)));
const either = fc.oneof(moment, edge);

const told = (anchor: string, at: string): [string, string] => {
  const { start, end } = billingPeriod(new Date(anchor), new Date(at));
  return [start.toISOString(), end.toISOString()];
};

const lastDayOf = (date: Date): number =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
const timeOfDay = (date: Date): number => date.getTime() % 86_400_000;

describe(billingPeriod.name, () => {
  it.each([
    ['from its anchor', '2026-01-15T10:00:00.000Z', '2026-01-15T10:00:00.000Z', '2026-01-15', '2026-02-15'],
    ['until the next', '2026-01-15T10:00:00.000Z', '2026-02-15T09:59:59.999Z', '2026-01-15', '2026-02-15'],
    ['and from there', '2026-01-15T10:00:00.000Z', '2026-02-15T10:00:00.000Z', '2026-02-15', '2026-03-15'],
    ['of a 31st', '2026-01-31T10:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-02-28', '2026-03-31'],
    ['in a leap year', '2028-01-31T10:00:00.000Z', '2028-03-01T00:00:00.000Z', '2028-02-29', '2028-03-31'],
    ['of a leap day', '2028-02-29T10:00:00.000Z', '2029-02-28T10:00:00.000Z', '2029-02-28', '2029-03-29'],
    ['over a new year', '2026-12-31T10:00:00.000Z', '2027-01-01T00:00:00.000Z', '2026-12-31', '2027-01-31'],
    ['before its anchor', '2026-03-31T10:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-02-28', '2026-03-31'],
  ])('is a month %s', (_, anchor, at, start, end) => {
    expect(told(anchor, at)).toEqual([`${start}T10:00:00.000Z`, `${end}T10:00:00.000Z`]);
  });

  it('holds the moment, and the periods beside it begin and end where it does', () => {
    fc.assert(
      fc.property(either, either, (anchor, at) => {
        const { start, end } = billingPeriod(anchor, at);
        expect(start <= at && at < end).toBe(true);
        expect(billingPeriod(anchor, start)).toEqual({ start, end });
        expect(billingPeriod(anchor, new Date(end.getTime() - 1))).toEqual({ start, end });
        expect(billingPeriod(anchor, end).start).toEqual(end);
        expect(billingPeriod(anchor, new Date(start.getTime() - 1)).end).toEqual(start);
      }),
    );
  });

  it('begins on the day of its anchor or on the last of a shorter month, at the same time of day', () => {
    fc.assert(
      fc.property(either, either, (anchor, at) => {
        const { start, end } = billingPeriod(anchor, at);
        for (const boundary of [start, end]) {
          expect(boundary.getUTCDate()).toBe(Math.min(anchor.getUTCDate(), lastDayOf(boundary)));
          expect(timeOfDay(boundary)).toBe(timeOfDay(anchor));
        }
        expect((end.getUTCMonth() - start.getUTCMonth() + 12) % 12).toBe(1);
        expect(billingPeriod(anchor, anchor).start).toEqual(anchor);
      }),
    );
  });

  it('changes neither date it is given', () => {
    const [anchor, at] = [new Date('2026-01-31T10:00:00.000Z'), new Date('2026-03-01T00:00:00.000Z')];
    billingPeriod(anchor, at);
    expect([anchor.toISOString(), at.toISOString()]).toEqual([
      '2026-01-31T10:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    ]);
  });
});
