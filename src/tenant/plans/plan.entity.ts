import { Check, Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { LimitValue } from '../catalog/plan-definition.js';
import type { QuotaTerms } from '../catalog/quota-terms.js';
import { TenantShared } from '../isolation/tenant-scoped.decorator.js';

/**
 * One version of a plan, as it was sold. Rows are added and never changed. An entity of the control plane's
 * DataSource.
 */
@Entity('plans')
@Check('plans_version_check', 'version > 0')
@Check('plans_price_cents_check', 'price_cents >= 0')
@TenantShared()
export class PlanEntity {
  @PrimaryColumn('text')
  name!: string;

  @PrimaryColumn('integer')
  version!: number;

  @Column('integer', { name: 'price_cents', nullable: true })
  priceCents!: number | null;

  @Column('jsonb')
  limits!: Record<string, LimitValue>;

  @Column('jsonb')
  features!: string[];

  @Column('jsonb', { default: {} })
  quotas!: Record<string, QuotaTerms>;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;
}
