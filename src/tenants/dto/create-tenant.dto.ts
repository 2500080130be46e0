import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PLAN_CATALOG, type TenantMetadata } from '@parallax/tenant';
import { Type } from 'class-transformer';
import { IsEmail, IsIn, IsNotEmpty, IsObject, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Omittable } from '../../edge/omittable.decorator.js';

export const PLAN_NAMES = Object.keys(PLAN_CATALOG.plans);

export class TenantMetadataDto {
  @ApiProperty({ example: 'ops@acme.example' })
  @IsEmail()
  @MaxLength(254)
  contactEmail!: string;

  @ApiProperty({ example: 'Ada Example' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  contactName!: string;

  @ApiPropertyOptional({ example: 'Acme Ltd' })
  @Omittable()
  @IsString()
  @MaxLength(200)
  company?: string;
}

/** What was given, without the properties that were not. */
export function plainMetadata(metadata: Partial<TenantMetadataDto>): TenantMetadata {
  return Object.fromEntries(Object.entries<unknown>(metadata).filter(([, value]) => value !== undefined));
}

export class CreateTenantDto {
  @ApiProperty({ maxLength: 200, example: 'Acme' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  @ApiProperty({ type: TenantMetadataDto })
  @IsObject()
  @ValidateNested()
  @Type(() => TenantMetadataDto)
  metadata!: TenantMetadataDto;

  @ApiProperty({ enum: PLAN_NAMES })
  @IsIn(PLAN_NAMES)
  plan!: string;

  @ApiPropertyOptional({
    maxLength: 50,
    example: 'acme',
    description: 'Made from the name when left out; a name without Latin letters or digits needs one.',
  })
  @Omittable()
  @IsString()
  @IsNotEmpty()
  @MaxLength(50)
  slug?: string;
}
