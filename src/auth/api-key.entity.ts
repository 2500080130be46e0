import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** A credential. Of the key itself only a keyed hash is stored; a copy of this table lets nobody in. */
@Entity('api_keys')
@Unique('api_keys_key_hash_key', ['keyHash'])
export class ApiKeyEntity {
  @PrimaryColumn('uuid')
  id!: string;

  /** Null: a platform operator's. */
  @Index('api_keys_tenant_idx')
  @Column('uuid', { name: 'tenant_id', nullable: true })
  tenantId!: string | null;

  @Column('text')
  name!: string;

  @Column('text')
  role!: string;

  @Column('text', { array: true, default: '{}' })
  permissions!: string[];

  @Column('bytea', { name: 'key_hash', select: false })
  keyHash!: Buffer;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true, precision: 3 })
  revokedAt!: Date | null;
}
