import type { ObjectLiteral } from 'typeorm';
import { getTenantContext } from '../../context/tenant-scope.js';
import { TenantMismatchError } from '../../errors/isolation.errors.js';
import type { OwnedEntity } from './entity-tenancy.js';

/**
 * Refuses values that name another tenant than the scope's, or compute one. Values that name none pass.
 *
 * @throws TenantMismatchError
 */
export function assertOwnTenant({ column }: OwnedEntity, values: ObjectLiteral): void {
  const given: unknown = column.getEntityValue(values);
  if (given === undefined || given === getTenantContext().tenantId) return;
  throw new TenantMismatchError(
    `${column.entityMetadata.name}.${column.propertyName} is not the tenant of the scope. Leave it out, it is ` +
      'stamped; to act for another tenant use runWithTenantContext({ tenantId }, fn).',
  );
}
