import pg from 'pg';

/** `schema.name`, quoted. */
export function qualified(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}

/** `(a, b)`, quoted. */
export function columnList(columns: readonly string[]): string {
  return `(${columns.map(pg.escapeIdentifier).join(', ')})`;
}
