/** The leaks the fixture can be given, each of which a mistake in an ordinary application makes. */
export const PLANTS = [
  'a list that is not filtered',
  'a row read by its id alone',
  'a row found by a query',
  'a header about the row',
  'a redirect to the row',
  'an ETag checked before the tenant',
  'an error that names the row',
  'a log line that names the row',
  'a total of all tenants',
  'events for everybody',
  'an export of all rows',
  'a cursor that says whose page it is',
  'a cache keyed by the path',
  'a public Cache-Control',
  'a title unique over all tenants',
  '403 for the row of another',
  'a reference that is not checked',
  'a key of a request kept without its tenant',
  'a PATCH by the id alone',
  'a DELETE by the id alone',
  'a tenant field that is believed',
  'a message answered by the id alone',
  'a broadcast to all sockets',
  'a policy that lets everybody in',
] as const;

export type Plant = (typeof PLANTS)[number];

/** What is planted in the running fixture. */
export class Plants {
  constructor(private readonly planted: readonly Plant[]) {}

  has(plant: Plant): boolean {
    return this.planted.includes(plant);
  }
}
