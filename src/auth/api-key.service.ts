import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Principal } from '@parallax/tenant';
import { IsNull, type Repository } from 'typeorm';
import { ApiKeyEntity } from './api-key.entity.js';
import { KeyHasher } from './key-hasher.js';
import { PLATFORM_PERMISSIONS, type TenantRole } from './roles.js';

/** A key just made: the only moment its text is known. */
export interface IssuedKey {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly key: string;
  readonly createdAt: Date;
}

/** Credentials of tenants and operators. */
@Injectable()
export class ApiKeyService {
  constructor(
    @InjectRepository(ApiKeyEntity, 'control') private readonly keys: Repository<ApiKeyEntity>,
    private readonly hasher: KeyHasher,
  ) {}

  issueForTenant(tenantId: string, name: string, role: TenantRole): Promise<IssuedKey> {
    return this.#issue({ tenantId, name, role, permissions: [] }, this.hasher.generate('tenant'));
  }

  issueForOperator(name: string, key = this.hasher.generate('operator')): Promise<IssuedKey> {
    return this.#issue(
      { tenantId: null, name, role: 'operator', permissions: [...PLATFORM_PERMISSIONS] },
      key,
    );
  }

  /** Whose key it is; undefined when it is nobody's, or was revoked. */
  async authenticate(key: string): Promise<Principal | undefined> {
    const found = await this.keys.findOneBy({ keyHash: this.hasher.hash(key), revokedAt: IsNull() });
    if (!found) return undefined;
    const { id, tenantId, role, permissions } = found;
    return tenantId === null
      ? { id, kind: 'operator', roles: [role], permissions }
      : { id, kind: 'api-key', tenantIds: [tenantId], roles: [role] };
  }

  /** Whether the key is an operator's, somebody else's or revoked, or unknown. */
  async standingOf(key: string): Promise<'operator' | 'other' | 'unknown'> {
    const found = await this.keys.findOneBy({ keyHash: this.hasher.hash(key) });
    if (!found) return 'unknown';
    return found.tenantId === null && found.revokedAt === null ? 'operator' : 'other';
  }

  hasOperator(): Promise<boolean> {
    return this.keys.existsBy({ tenantId: IsNull(), revokedAt: IsNull() });
  }

  async #issue(
    row: Pick<ApiKeyEntity, 'tenantId' | 'name' | 'role' | 'permissions'>,
    key: string,
  ): Promise<IssuedKey> {
    const id = randomUUID();
    const createdAt = new Date();
    await this.keys.insert({ id, ...row, keyHash: this.hasher.hash(key), createdAt });
    return { id, name: row.name, role: row.role, key, createdAt };
  }
}
