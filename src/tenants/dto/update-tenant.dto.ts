import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsObject, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Omittable } from '../../edge/omittable.decorator.js';
import { PLAN_NAMES, TenantMetadataDto } from './create-tenant.dto.js';

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

  @ApiPropertyOptional({ enum: PLAN_NAMES })
  @Omittable()
  @IsIn(PLAN_NAMES)
  plan?: string;
}
