import { TenantScoped } from '@parallax/tenant';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
} from 'typeorm';

export type AgentStatus = 'active' | 'paused';

/** Something that runs patterns for a tenant. */
@Entity('agents')
@Check('agents_status_check', `status IN ('active', 'paused')`)
// Descending, which TypeORM cannot say.
@Index('agents_tenant_created_idx', { synchronize: false })
@TenantScoped()
export class Agent {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid', update: false })
  tenantId!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  endpoint!: string | null;

  @Column('text', { array: true, default: '{}' })
  capabilities!: string[];

  @Column('jsonb', { default: {} })
  metadata!: Record<string, unknown>;

  @Column('text', { default: 'active' })
  status!: AgentStatus;

  /** Its last run or heartbeat. */
  @Column({ type: 'timestamptz', name: 'last_active_at', nullable: true, precision: 3 })
  lastActiveAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;
}
