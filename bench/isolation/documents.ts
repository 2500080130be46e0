import { TenantScoped } from '@parallax/tenant';
import { Column, Entity, type ObjectLiteral, PrimaryGeneratedColumn, type Repository } from 'typeorm';

export interface Document extends ObjectLiteral {
  readonly id: string;
  readonly tenantId: string;
  readonly title: string;
  readonly body: Record<string, unknown>;
}

export type DocumentClass = new () => Document;

/** The entity of one of the tables, which are alike. */
export function documentIn(table: string): DocumentClass {
  @Entity(table)
  @TenantScoped()
  class DocumentOfTable implements Document {
    @PrimaryGeneratedColumn('uuid') id!: string;
    @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
    @Column('text') title!: string;
    @Column('jsonb') body!: Record<string, unknown>;
  }
  return DocumentOfTable;
}

/** What a request asks of the table. `filter` is what an application adds by hand, or nothing. */
export class Reader {
  constructor(
    private readonly documents: Repository<Document>,
    private readonly filter: { readonly tenantId?: string } = {},
  ) {}

  byId(id: string): Promise<unknown> {
    return this.documents.findOneByOrFail({ ...this.filter, id });
  }

  page(): Promise<unknown> {
    return this.documents.find({ where: this.filter, order: { id: 'ASC' }, take: 20 });
  }

  titled(pattern: string): Promise<unknown> {
    return this.#all().andWhere('d.title ILIKE :pattern', { pattern }).getMany();
  }

  withBody(body: Record<string, unknown>): Promise<unknown> {
    return this.#all()
      .andWhere('d.body @> CAST(:body AS jsonb)', { body: JSON.stringify(body) })
      .getMany();
  }

  #all(): ReturnType<Repository<Document>['createQueryBuilder']> {
    return this.documents.createQueryBuilder('d').where(this.filter);
  }
}
