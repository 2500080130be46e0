import { getTenantContext } from '../../context/tenant-scope.js';
import { TenantMismatchError } from '../../errors/isolation.errors.js';

/**
 * What a repository written by hand extends, over a store that neither net reaches: a document database, a search
 * engine, a SQL builder of another database. It stamps what is written, narrows what is asked for, and checks what
 * comes back.
 *
 * @example
 * class ArticleIndex extends TenantIsolatedRepository {
 *   add(article: Article) {
 *     return this.index.put(this.addTenantId(article));
 *   }
 *   async search(words: string) {
 *     return this.assertOwn(await this.index.find(this.addTenantFilter({ words })));
 *   }
 * }
 */
export abstract class TenantIsolatedRepository<Field extends string = 'tenantId'> {
  /** The field that holds the tenant's id in the store. */
  protected readonly tenantField: Field;

  constructor(tenantField: Field = 'tenantId' as Field) {
    this.tenantField = tenantField;
  }

  /**
   * A copy of the record with the running tenant's id.
   *
   * @throws TenantMismatchError when the record names another tenant: it is never replaced silently
   * @throws TenantScopeMissingError outside a tenant's scope
   */
  protected addTenantId<T extends object>(record: T): T & Readonly<Record<Field, string>> {
    return this.#stamp(record, 'write a record');
  }

  /**
   * A copy of the filter that the running tenant's rows alone can meet; of a list of alternatives, each one.
   *
   * @throws TenantMismatchError when the filter names another tenant
   * @throws TenantScopeMissingError outside a tenant's scope
   */
  protected addTenantFilter<T extends object>(filter?: T): T & Readonly<Record<Field, string>>;
  protected addTenantFilter<T extends object>(filter: readonly T[]): (T & Readonly<Record<Field, string>>)[];
  protected addTenantFilter(filter: object | readonly object[] = {}): unknown {
    if (!Array.isArray(filter)) return this.#stamp(filter, 'ask');
    // No alternative is no condition to most stores.
    const alternatives: readonly object[] = filter.length > 0 ? (filter as readonly object[]) : [{}];
    return alternatives.map((alternative) => this.#stamp(alternative, 'ask'));
  }

  /**
   * Answers with what the store gave, once each record is seen to be the running tenant's.
   *
   * @throws TenantMismatchError when one is another's, or does not say whose it is
   * @throws TenantScopeMissingError outside a tenant's scope
   */
  protected assertOwn<T extends object | null | undefined>(found: T): T;
  protected assertOwn<T extends object>(found: readonly T[]): readonly T[];
  protected assertOwn(found: object | readonly object[] | null | undefined): unknown {
    const { tenantId } = getTenantContext();
    const records: readonly object[] = Array.isArray(found)
      ? (found as readonly object[])
      : found
        ? [found]
        : [];
    if (records.some((record) => this.#tenantOf(record) !== tenantId)) {
      throw new TenantMismatchError(
        `${this.constructor.name} was given a record that is not the running tenant's. Narrow the request with addTenantFilter().`,
      );
    }
    return found;
  }

  #stamp<T extends object>(given: T, doing: string): T & Readonly<Record<Field, string>> {
    const { tenantId } = getTenantContext();
    const named = this.#tenantOf(given);
    if (named !== undefined && named !== tenantId) {
      throw new TenantMismatchError(
        `${this.constructor.name} was to ${doing} of another tenant. Leave ${this.tenantField} out, or run it in that tenant's scope.`,
      );
    }
    return { ...given, [this.tenantField]: tenantId } as T & Record<Field, string>;
  }

  #tenantOf(record: object): unknown {
    return (record as Readonly<Record<string, unknown>>)[this.tenantField];
  }
}
