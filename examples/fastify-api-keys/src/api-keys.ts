import { createHash, randomBytes } from 'node:crypto';
import type { ExecutionContext } from '@nestjs/common';
import { type Principal, UnauthenticatedError } from '@parallax/tenant';
import { Column, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';

@Entity('api_keys')
export class ApiKey {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId!: string;

  @Column({ name: 'key_hash', type: 'bytea' })
  keyHash!: Buffer;
}

/** Makes a key and keeps only its hash. A plain hash will do: nobody guesses 256 random bits. */
export async function issueKey(keys: Repository<ApiKey>, tenantId: string): Promise<string> {
  const key = randomBytes(32).toString('base64url');
  await keys.insert({ tenantId, keyHash: hash(key) });
  return key;
}

/** Who is calling: what TenantGuard asks before it lets anybody into a tenant. */
export async function principalOf(
  keys: Repository<ApiKey>,
  context: ExecutionContext,
): Promise<Principal | undefined> {
  const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
  if (headers.authorization === undefined) return undefined;
  const [, key = ''] = /^Bearer (.+)$/i.exec(headers.authorization) ?? [];
  const found = await keys.findOneBy({ keyHash: hash(key) });
  if (!found) throw new UnauthenticatedError('The API key is unknown.');
  return { id: found.id, kind: 'api-key', roles: [], tenantIds: [found.tenantId] };
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
