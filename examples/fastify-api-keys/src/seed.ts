import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import { TenantService } from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { ApiKey, issueKey } from './api-keys.js';
import { AppModule } from './app.module.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
try {
  const tenants = app.get(TenantService);
  const keys = app.get<DataSource>(getDataSourceToken('control')).getRepository(ApiKey);

  const acme = await tenants.createTenant('Acme', {}, 'free');
  const globex = await tenants.createTenant('Globex', {}, 'team');
  console.log(`ACME_KEY=${await issueKey(keys, acme.id)}`);
  console.log(`GLOBEX_KEY=${await issueKey(keys, globex.id)}`);
} finally {
  await app.close();
}
