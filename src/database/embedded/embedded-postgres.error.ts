/** The embedded server could not be used. The message says why and what to do instead. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** The way out when nothing about this machine can be changed. */
export const USE_A_SERVER_INSTEAD =
  'Set DATABASE_URL to a PostgreSQL server (15 or newer) instead; `npm run db:setup -- --help` shows how to prepare one.';
