import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { getRepositoryToken } from '@nestjs/typeorm';
import { TenantService } from '@parallax/tenant';
import type { Repository } from 'typeorm';
import { AppModule } from './app.module.js';
import { hashPassword, User } from './auth.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
try {
  const tenants = app.get(TenantService);
  const users = app.get<Repository<User>>(getRepositoryToken(User, 'control'));

  const acme = await tenants.createTenant('Acme', {}, 'free');
  const globex = await tenants.createTenant('Globex', {}, 'team');
  const people = { ada: [acme], grace: [globex], linus: [acme, globex] };
  for (const [name, memberships] of Object.entries(people)) {
    const password = randomBytes(12).toString('base64url');
    const tenantIds = memberships.map(({ id }) => id);
    await users.insert({
      email: `${name}@example.com`,
      passwordHash: await hashPassword(password),
      tenantIds,
    });
    console.log(`${name.toUpperCase()}_PASSWORD=${password}`);
  }
} finally {
  await app.close();
}
