import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { HealthModuleOptions } from '../edge/health.module.js';

/** Both ways into the database, each with its own login, answer. */
export const databaseHealth: HealthModuleOptions = {
  inject: [getDataSourceToken(), getDataSourceToken('control')],
  useFactory: (tenant: DataSource, control: DataSource) => [
    { name: 'database', check: async () => void (await tenant.query('SELECT 1')) },
    { name: 'control database', check: async () => void (await control.query('SELECT 1')) },
  ],
};
