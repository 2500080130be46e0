import {
  ChildEntity,
  Column,
  DeleteDateColumn,
  Entity,
  EntitySchema,
  JoinColumn,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryGeneratedColumn,
  TableInheritance,
  Tree,
  TreeChildren,
  TreeParent,
  Unique,
  VersionColumn,
  ViewColumn,
  ViewEntity,
  type Relation,
} from 'typeorm';
import { TenantScoped, TenantShared } from '../../../src/tenant/isolation/tenant-scoped.decorator.js';

@Entity('country')
@TenantShared()
export class Country {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column('text', { unique: true }) name!: string;
}

@Entity('template')
@TenantShared({ own: true })
@Unique(['name'])
export class Template {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false, nullable: true }) tenantId!: string | null;
  @Column('text') name!: string;
}

@Entity('folder')
@TenantScoped()
export class Folder {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @Column('text') name!: string;
  @OneToMany(() => Doc, (doc) => doc.folder, { cascade: true }) docs!: Relation<Doc>[];
  @ManyToOne(() => Country, { nullable: true }) @JoinColumn({ name: 'country_id' }) country!: Country | null;
}

@Entity('doc')
@TenantScoped()
@Unique('doc_slug', ['slug'])
export class Doc {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @Column('text') slug!: string;
  @Column('text') title!: string;
  @Column('int', { default: 0 }) size!: number;
  @VersionColumn() version!: number;
  @DeleteDateColumn({ name: 'deleted_at', type: 'timestamptz' }) deletedAt!: Date | null;
  @Column('uuid', { name: 'folder_id', nullable: true }) folderId!: string | null;
  @ManyToOne(() => Folder, (folder) => folder.docs, { nullable: true })
  @JoinColumn({ name: 'folder_id' })
  folder!: Relation<Folder> | null;
}

/** Without foreign keys, so that a row of one tenant can point at a row of another. */
@Entity('memo')
@TenantScoped()
export class Memo {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @Column('text') body!: string;
  @ManyToOne(() => Doc, { nullable: true, eager: true, createForeignKeyConstraints: false })
  @JoinColumn({ name: 'doc_id' })
  doc!: Doc | null;
}

@Entity('badge')
@TenantScoped()
export class Badge {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @OneToOne(() => Folder) @JoinColumn({ name: 'folder_id' }) folder!: Folder;
}

@Entity('topic')
@TenantScoped()
@Tree('materialized-path')
export class Topic {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @Column('text') name!: string;
  @TreeParent() @JoinColumn({ name: 'parent_id' }) parent!: Topic | null;
  @TreeChildren({ cascade: true }) children!: Topic[];
}

@Entity('asset')
@TenantScoped()
@TableInheritance({ column: { type: 'text', name: 'kind' } })
export class Asset {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @Column('text') name!: string;
}

@ChildEntity('image')
export class Image extends Asset {
  @Column('text', { default: '' }) alt!: string;
}

@ViewEntity('big_doc', { expression: 'SELECT tenant_id, title FROM doc WHERE size > 0' })
@TenantScoped()
export class BigDoc {
  @ViewColumn({ name: 'tenant_id' }) tenantId!: string;
  @ViewColumn() title!: string;
}

/** What TypeORM would make by itself of a many-to-many relation. */
@Entity('pin')
@TenantScoped()
@Unique(['doc', 'topic'])
export class Pin {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @ManyToOne(() => Doc, { cascade: true }) @JoinColumn({ name: 'doc_id' }) doc!: Relation<Doc>;
  @ManyToOne(() => Topic) @JoinColumn({ name: 'topic_id' }) topic!: Relation<Topic>;
}

@TenantScoped()
export class Label {
  id!: string;
  tenantId!: string;
  text!: string;
}

/** Without decorators on its columns. */
const LabelSchema = new EntitySchema<Label>({
  name: 'Label',
  tableName: 'label',
  target: Label,
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    tenantId: { name: 'tenant_id', type: 'uuid', update: false },
    text: { type: 'text' },
  },
});

export const ENTITIES = [
  Country,
  Template,
  Folder,
  Doc,
  Memo,
  Badge,
  Topic,
  Asset,
  Image,
  BigDoc,
  Pin,
  LabelSchema,
];
