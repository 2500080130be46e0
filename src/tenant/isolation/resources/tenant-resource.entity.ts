import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TenantScoped } from '../tenant-scoped.decorator.js';
import type { Resource } from './resource.js';

/** A row of `tenant_resources`, which {@link createResourceRegistry} makes. */
@Entity('tenant_resources')
@TenantScoped()
export class TenantResourceEntity implements Resource {
  @Column({ name: 'tenant_id', type: 'uuid', update: false })
  tenantId!: string;

  @PrimaryColumn('text')
  type!: string;

  // Ordered by bytes: a page must not depend on the server's collation.
  @PrimaryColumn('text', { collation: 'C' })
  id!: string;

  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;
}
