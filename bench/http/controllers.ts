import { applyDecorators, Controller, Get, Headers, Param, type Type } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { MANY } from '../isolation/database.js';
import { type Document, documentIn } from '../isolation/documents.js';

export const StoredDocument = documentIn(MANY.table);

type Decorator = ClassDecorator & MethodDecorator;

/** A handler that does nothing, under what is to be measured. */
export function emptyController(...decorators: readonly Decorator[]): Type {
  @Controller()
  class EmptyController {
    @Get('empty')
    @applyDecorators(...decorators)
    answer(): string {
      return 'done';
    }
  }
  return EmptyController;
}

/** Reads one row. Nothing in it is about tenants. */
export function readingController(...decorators: readonly Decorator[]): Type {
  @Controller()
  class ReadingController {
    constructor(@InjectRepository(StoredDocument) private readonly documents: Repository<Document>) {}

    @Get('documents/:id')
    @applyDecorators(...decorators)
    read(@Param('id') id: string): Promise<Document> {
      return this.documents.findOneByOrFail({ id });
    }
  }
  return ReadingController;
}

/** Reads one row by a condition written by hand, of whichever tenant the request says. */
export function filteringController(): Type {
  @Controller()
  class FilteringController {
    constructor(@InjectRepository(StoredDocument) private readonly documents: Repository<Document>) {}

    @Get('documents/:id')
    read(@Param('id') id: string, @Headers('x-tenant-id') tenantId: string): Promise<Document> {
      return this.documents.findOneByOrFail({ tenantId, id });
    }
  }
  return FilteringController;
}
