import {
  BaseEntity,
  Column,
  DataSource,
  Entity,
  EntitySchema,
  EntitySchemaOptions,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  Tree,
  TreeChildren,
  TreeParent,
  ViewColumn,
  ViewEntity,
  VirtualColumn,
  type ColumnOptions,
  type DataSourceOptions,
  type EntityMetadata,
} from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { TenantScoped, TenantShared } from '../tenant-scoped.decorator.js';
import { EntityTenancies } from './entity-tenancy.js';

const TENANT = { name: 'tenant_id', type: 'uuid', update: false } as const;

abstract class Scoped {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column(TENANT) tenantId!: string;
}

@Entity()
@TenantScoped()
class Sound extends Scoped {
  @ManyToOne(() => Sound, { onDelete: 'CASCADE' }) parent!: unknown;
}
@Entity()
@TenantShared()
class SoundShared {
  @PrimaryGeneratedColumn('uuid') id!: string;
}
@Entity()
@TenantShared({ own: true })
class SoundMixed {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ ...TENANT, nullable: true }) tenantId!: string | null;
}
@ViewEntity({ expression: 'SELECT 1' })
@TenantScoped()
class SoundView {
  @ViewColumn({ name: 'tenant_id' }) tenantId!: string;
}
@Entity()
@TenantScoped()
@Tree('materialized-path')
class SoundTree extends Scoped {
  @TreeParent() parent!: SoundTree;
  @TreeChildren() children!: SoundTree[];
}

@Entity()
class Undecorated extends Scoped {}
const SchemaOnly = new EntitySchema<{ id: string }>(
  Object.assign(new EntitySchemaOptions<{ id: string }>(), {
    name: 'SchemaOnly',
    columns: { id: { type: 'uuid', primary: true } },
  }),
);
@Entity()
@TenantScoped()
class WithoutColumn {
  @PrimaryGeneratedColumn('uuid') id!: string;
}
@ViewEntity({ expression: 'SELECT 1' })
@TenantScoped()
class ViewWithoutColumn {
  @ViewColumn() title!: string;
}
@Entity()
@TenantShared()
class SharedWithColumn extends Scoped {}
@Entity()
@TenantShared()
class SharedPointing {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @ManyToOne(() => Sound) sound!: Sound;
}
@Entity()
@TenantScoped()
@Tree('closure-table')
class ClosureTree extends Scoped {
  @TreeParent() parent!: ClosureTree;
  @TreeChildren() children!: ClosureTree[];
}
@Entity()
@TenantScoped()
@Tree('nested-set')
class NestedSet extends Scoped {
  @TreeParent() parent!: NestedSet;
  @TreeChildren() children!: NestedSet[];
}
@Entity()
@TenantScoped()
class Lazy extends Scoped {
  @ManyToOne(() => Sound, { lazy: true }) sound!: Promise<Sound>;
}
@Entity()
@TenantScoped()
class Junctioned extends Scoped {
  @ManyToMany(() => Sound) @JoinTable() sounds!: Sound[];
}
@Entity()
@TenantScoped()
class Virtual extends Scoped {
  @VirtualColumn({ query: () => 'SELECT 1' }) one!: number;
}
@Entity()
@TenantScoped()
class ActiveRecord extends BaseEntity {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column(TENANT) tenantId!: string;
}
@Entity()
@TenantScoped()
class Nulling extends Scoped {
  @ManyToOne(() => Sound, { onDelete: 'SET NULL' }) sound!: Sound | null;
}
@Entity()
@TenantScoped()
class PrimaryTenant {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' }) tenantId!: string;
}
@Entity()
@TenantScoped()
class JoinedTenant extends Scoped {
  @ManyToOne(() => SoundShared) @JoinColumn({ name: 'tenant_id' }) tenant!: SoundShared;
}

function withTenantColumn(
  options: ColumnOptions,
  decorate: ClassDecorator = TenantScoped(),
): new () => object {
  @Entity()
  class Flagged {
    @PrimaryGeneratedColumn('uuid') id!: string;
    @Column({ ...TENANT, ...options }) tenantId!: string;
  }
  decorate(Flagged);
  return Flagged;
}

class Embedded {
  @Column(TENANT) tenantId!: string;
}
@Entity()
@TenantScoped()
class WithEmbedded {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column(() => Embedded, { prefix: false }) owner!: Embedded;
}

type EntityClass = Extract<DataSourceOptions['entities'], readonly unknown[]>[number];

/** Builds metadata without a connection. */
class OfflineDataSource extends DataSource {
  async metadatas(): Promise<EntityMetadata[]> {
    await this.buildMetadatas();
    return this.entityMetadatas;
  }
}

async function classify(...entities: EntityClass[]): Promise<EntityTenancies> {
  const dataSource = new OfflineDataSource({ type: 'postgres', entities });
  return EntityTenancies.of(await dataSource.metadatas());
}

describe(EntityTenancies.name, () => {
  it('knows whose rows sound entities hold', async () => {
    const entities = [Sound, SoundShared, SoundMixed, SoundView, SoundTree];
    const dataSource = new OfflineDataSource({ type: 'postgres', entities });
    const tenancies = EntityTenancies.of(await dataSource.metadatas());
    const kinds = entities.map((entity) => tenancies.of(dataSource.getMetadata(entity)).kind);
    expect(kinds).toEqual(['scoped', 'shared', 'mixed', 'scoped', 'scoped']);
  });

  it.each<[string, EntityClass[], RegExp]>([
    ['without tenancy', [Undecorated], /Undecorated does not say whose rows it holds/],
    ['without class', [SchemaOnly], /SchemaOnly does not say/],
    ['without tenant column', [WithoutColumn], /WithoutColumn has no tenant column/],
    ['a view without tenant column', [ViewWithoutColumn], /ViewWithoutColumn has no tenant column/],
    ['shared, with a tenant column', [SharedWithColumn], /SharedWithColumn is shared .* yet has a column/],
    ['shared, pointing at a scoped one', [SharedPointing, Sound], /SharedPointing is shared .* \(Sound\)/],
    ['a closure table', [ClosureTree], /ClosureTree is a closure-table tree/],
    ['a nested set', [NestedSet], /NestedSet is a nested-set tree/],
    ['lazy', [Lazy, Sound], /Lazy has lazy relations \(sound\)/],
    ['many-to-many', [Junctioned, Sound], /Junctioned has many-to-many relations \(sounds\)/],
    ['with a virtual column', [Virtual], /Virtual has columns made by SQL text \(one\)/],
    ['an active record', [ActiveRecord], /ActiveRecord extends BaseEntity/],
    ['with a nulling foreign key', [Nulling, Sound], /Nulling has a foreign key \(soundId\)/],
    [
      'with the tenant in the primary key',
      [PrimaryTenant],
      /PrimaryTenant\.tenantId is part of the primary key/,
    ],
    ['joined by the tenant', [JoinedTenant, SoundShared], /JoinedTenant\.tenantId is a join column/],
    ['with an embedded tenant', [WithEmbedded], /WithEmbedded\.tenantId is in an embedded class/],
    ['with a nullable tenant', [withTenantColumn({ nullable: true })], /tenantId is nullable/],
    [
      'mixed, with a required tenant',
      [withTenantColumn({}, TenantShared({ own: true }))],
      /tenantId is not nullable/,
    ],
    ['with an updatable tenant', [withTenantColumn({ update: true })], /tenantId can be updated/],
    ['with an unselected tenant', [withTenantColumn({ select: false })], /tenantId has `select: false`/],
    ['with an uninserted tenant', [withTenantColumn({ insert: false })], /tenantId has `insert: false`/],
    ['with a default tenant', [withTenantColumn({ default: 'x' })], /tenantId has a default/],
    ['with a text tenant', [withTenantColumn({ type: 'text' })], /tenantId has another type than uuid/],
    [
      'with a transformed tenant',
      [withTenantColumn({ transformer: { to: String, from: String } })],
      /tenantId has a transformer/,
    ],
  ])('refuses an entity %s', async (_, entities, problem) => {
    await expect(classify(...entities)).rejects.toThrow(ConfigurationError);
    await expect(classify(...entities)).rejects.toThrow(problem);
  });

  it('names all problems of all entities at once', async () => {
    const error: unknown = await classify(Undecorated, WithoutColumn, Lazy, Sound).catch(
      (raised: unknown) => raised,
    );
    expect(String(error).split('\n- ')).toHaveLength(4);
  });
});
