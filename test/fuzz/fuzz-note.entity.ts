import { TenantScoped } from '@parallax/tenant';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The one table programs read and write. Titles are the same in all tenants. */
@Entity('fuzz_note')
@TenantScoped()
export class FuzzNote {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @Column('text') title!: string;
  @Column('text') body!: string;
}
