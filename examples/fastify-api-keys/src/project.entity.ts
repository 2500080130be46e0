import { TenantScoped } from '@parallax/tenant';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('projects')
@TenantScoped()
export class Project {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid', update: false })
  tenantId!: string;

  @Column('text')
  name!: string;
}
