import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import type { PlanChangeTime } from '@parallax/tenant';
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsObject, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Omittable } from '../../edge/omittable.decorator.js';
import { PLAN_NAMES, TenantMetadataDto } from './create-tenant.dto.js';

export const PLAN_CHANGE_TIMES: readonly PlanChangeTime[] = ['now', 'period-end'];
const OVER_LIMIT = ['allow', 'block'] as const;

class TenantMetadataChangesDto extends PartialType(TenantMetadataDto, { skipNullProperties: false }) {}

export class UpdateTenantDto {
  @ApiPropertyOptional({ maxLength: 200, description: 'The slug stays as it is.' })
  @Omittable()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name?: string;

  @ApiPropertyOptional({ type: TenantMetadataChangesDto, description: 'Merged over what is stored.' })
  @Omittable()
  @IsObject()
  @ValidateNested()
  @Type(() => TenantMetadataChangesDto)
  metadata?: TenantMetadataChangesDto;

  @ApiPropertyOptional({
    enum: PLAN_NAMES,
    description:
      'Holds at once when it allows and grants nothing less, else from the end of the billing period on. Choosing ' +
      'the plan the tenant has cancels a scheduled one.',
  })
  @Omittable()
  @IsIn(PLAN_NAMES)
  plan?: string;

  @ApiPropertyOptional({ enum: PLAN_CHANGE_TIMES, description: 'When the plan changes, instead.' })
  @Omittable()
  @IsIn(PLAN_CHANGE_TIMES)
  when?: PlanChangeTime;

  @ApiPropertyOptional({
    enum: OVER_LIMIT,
    default: 'allow',
    description:
      'Whether a plan that allows less than is used is refused: 409, with `overLimit` as in the preview.',
  })
  @Omittable()
  @IsIn(OVER_LIMIT)
  overLimit?: (typeof OVER_LIMIT)[number];
}
