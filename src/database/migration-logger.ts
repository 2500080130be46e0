import type { Logger } from 'typeorm';

/** Passes on TypeORM's one line per migration, and keeps the rest to itself. */
export class MigrationLogger implements Logger {
  constructor(private readonly write: (line: string) => void) {}

  logSchemaBuild(message: string): void {
    if (message.startsWith('Migration ')) this.write(message);
  }

  logMigration(message: string): void {
    this.write(message);
  }

  logQuery(): void {}
  logQueryError(): void {}
  logQuerySlow(): void {}
  log(): void {}
}
