import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { ConfigurationError, StatementRefusedError } from '../../errors/isolation.errors.js';
import { declaredTenancy, tenantColumnOf } from './declared-tenancy.js';
import { problemsOf } from './entity-checks.js';

export interface SharedEntity {
  readonly kind: 'shared';
}

export interface OwnedEntity {
  readonly kind: 'scoped' | 'mixed';
  readonly column: ColumnMetadata;
}

/** Whose rows an entity holds, and the column that says so. */
export type EntityTenancy = SharedEntity | OwnedEntity;

/** The tenancy of every entity of one data source. */
export class EntityTenancies {
  private constructor(private readonly byMetadata: ReadonlyMap<EntityMetadata, EntityTenancy>) {}

  /**
   * Classifies the entities of a data source.
   *
   * @throws ConfigurationError as {@link assertIsolable}.
   */
  static of(metadatas: readonly EntityMetadata[]): EntityTenancies {
    assertIsolable(metadatas);
    return new EntityTenancies(new Map(metadatas.flatMap(classified)));
  }

  /** @throws StatementRefusedError for what is no entity of this data source. */
  of(metadata: EntityMetadata): EntityTenancy {
    const tenancy = this.byMetadata.get(metadata);
    if (!tenancy) throw new StatementRefusedError(`nothing is known of whose rows "${metadata.name}" holds.`);
    return tenancy;
  }

  /** @throws StatementRefusedError for an entity that only platform work writes. */
  ownedBy(metadata: EntityMetadata): OwnedEntity {
    const tenancy = this.of(metadata);
    if (tenancy.kind === 'shared') {
      throw new StatementRefusedError(
        `${metadata.name} is shared by all tenants and only platform work writes it. Use runAsPlatform(…), or ` +
          '@TenantShared({ own: true }) if tenants may have rows of their own.',
      );
    }
    return tenancy;
  }
}

/** @throws ConfigurationError naming every entity that cannot be kept apart by tenant, why, and the fix. */
export function assertIsolable(metadatas: readonly EntityMetadata[]): void {
  const problems = metadatas.flatMap(problemsOf);
  if (problems.length === 0) return;
  throw new ConfigurationError(['These entities cannot be isolated by tenant:', ...problems].join('\n- '));
}

function classified(metadata: EntityMetadata): [EntityMetadata, EntityTenancy][] {
  const kind = declaredTenancy(metadata);
  const column = tenantColumnOf(metadata);
  if (kind === 'shared') return [[metadata, { kind }]];
  return kind && column ? [[metadata, { kind, column }]] : [];
}
