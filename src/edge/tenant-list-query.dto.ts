import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { ListQueryDto } from './list-query.dto.js';

/** What the lists of a tenant take. `tenant` is read, and checked, where the tenant is resolved. */
export class TenantListQueryDto extends ListQueryDto {
  @ApiPropertyOptional({
    type: String,
    description: 'The tenant, by id or slug, when neither header nor path names it',
  })
  @IsOptional()
  tenant?: unknown;
}
