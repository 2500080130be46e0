import { TenantScoped } from '@parallax/tenant';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The table of `createNotes`. */
@Entity()
@TenantScoped()
export class Note {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid', update: false })
  tenantId!: string;

  @Column('text')
  title!: string;
}
