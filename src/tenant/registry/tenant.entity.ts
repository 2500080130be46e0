import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { EntitlementOverrides } from '../catalog/entitlements.js';
import type { TenantMetadata, TenantStatus } from './tenant.js';

/** The name of the index that keeps a slug one tenant's. */
export const TENANT_SLUG_KEY = 'tenants_slug_key';

/**
 * The control plane's row for one tenant. No tenant's role may read this table.
 *
 * @example
 * new TenantSchemaDataSource({ type: 'postgres', url: controlUrl, entities: [TenantEntity, PlanEntity] })
 */
@Entity('tenants')
@Check('tenants_slug_check', `slug ~ '^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$'`)
@Check('tenants_status_check', `status IN ('trial', 'active', 'suspended', 'deleted')`)
@Check('tenants_price_cents_check', 'price_cents >= 0')
@Check(
  'tenants_scheduled_plan_check',
  '(scheduled_plan IS NULL) = (scheduled_plan_version IS NULL) AND (scheduled_plan IS NULL) = (scheduled_at IS NULL)',
)
@Check('tenants_placement_check', `placement IN ('shared')`)
// Descending, which TypeORM cannot say.
@Index('tenants_created_idx', { synchronize: false })
export class TenantEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Index(TENANT_SLUG_KEY, { unique: true })
  @Column('varchar', { length: 50 })
  slug!: string;

  @Index('tenants_status_idx')
  @Column('text')
  status!: TenantStatus;

  @Column('text', { name: 'status_reason', nullable: true })
  statusReason!: string | null;

  @Column('text')
  plan!: string;

  @Column('integer', { name: 'plan_version' })
  planVersion!: number;

  @Column('text', { name: 'scheduled_plan', nullable: true })
  scheduledPlan!: string | null;

  @Column('integer', { name: 'scheduled_plan_version', nullable: true })
  scheduledPlanVersion!: number | null;

  /** When the scheduled plan becomes the plan. */
  @Index('tenants_scheduled_idx', { where: 'scheduled_at IS NOT NULL' })
  @Column({ type: 'timestamptz', name: 'scheduled_at', nullable: true, precision: 3 })
  scheduledAt!: Date | null;

  @Column('jsonb', { default: {} })
  metadata!: TenantMetadata;

  @Column('jsonb', { default: {} })
  limits!: EntitlementOverrides;

  @Column('integer', { name: 'price_cents', nullable: true })
  priceCents!: number | null;

  @Column({ type: 'timestamptz', name: 'period_anchor', precision: 3 })
  periodAnchor!: Date;

  @Column('text', { default: 'shared' })
  placement!: 'shared';

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true, precision: 3 })
  deletedAt!: Date | null;
}
