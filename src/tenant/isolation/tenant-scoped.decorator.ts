import 'reflect-metadata';

const TENANCY = Symbol('@parallax/tenant:tenancy');

/** `scoped`: each row is one tenant's. `shared`: all rows are everyone's to read. `mixed`: a null tenant is shared. */
export type Tenancy = 'scoped' | 'shared' | 'mixed';

/**
 * Marks an entity whose rows each belong to one tenant. Read by TenantDataSource, which filters, stamps and
 * checks it. The class declares the column itself:
 *
 * @example
 * \@Entity() \@TenantScoped()
 * class Agent {
 *   \@PrimaryGeneratedColumn('uuid') id: string;
 *   \@Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId: string;
 * }
 */
export function TenantScoped(): ClassDecorator {
  return (target) => Reflect.defineMetadata(TENANCY, 'scoped' satisfies Tenancy, target);
}

/** Whose rows a shared entity may hold besides. */
export interface TenantSharedOptions {
  /**
   * Whether a row may also be one tenant's own: a row without tenant is everyone's to read, a row with one
   * is that tenant's alone.
   *
   * @default false
   */
  readonly own?: boolean;
}

/**
 * Marks an entity that all tenants read and only platform work writes, such as reference data.
 *
 * @example
 * \@Entity() \@TenantShared() class Country { … }
 */
export function TenantShared({ own = false }: TenantSharedOptions = {}): ClassDecorator {
  return (target) => Reflect.defineMetadata(TENANCY, (own ? 'mixed' : 'shared') satisfies Tenancy, target);
}

export function tenancyOf(target: object): Tenancy | undefined {
  return Reflect.getMetadata(TENANCY, target) as Tenancy | undefined;
}
