import { ApiPropertyOptional } from '@nestjs/swagger';
import type { LiveTenantStatus } from '@parallax/tenant';
import { IsIn } from 'class-validator';
import { ListQueryDto } from '../../edge/list-query.dto.js';
import { Omittable } from '../../edge/omittable.decorator.js';

const STATUSES: readonly LiveTenantStatus[] = ['trial', 'active', 'suspended'];

export class ListTenantsQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ enum: STATUSES, description: 'Only tenants that have it. All, when left out.' })
  @Omittable()
  @IsIn(STATUSES)
  status?: LiveTenantStatus;
}
