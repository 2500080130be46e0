import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type {
  EntitlementSource,
  Enforcement,
  LimitValue,
  QuotaKind,
  ResourceUsage,
  TenantUsage,
} from '@parallax/tenant';
import { ENFORCEMENT, KIND, SOURCE } from './entitlement-schemas.js';

export class ResourceUsageDto implements ResourceUsage {
  @ApiProperty(KIND)
  kind!: QuotaKind | null;

  @ApiProperty({ example: 3 })
  used!: number;

  @ApiProperty({ example: 0, description: 'Held for work that is not done yet.' })
  reserved!: number;

  @ApiProperty({ type: Number, nullable: true, example: 10, description: 'Effective; null is unlimited.' })
  limit!: LimitValue;

  @ApiProperty({ example: false })
  unlimited!: boolean;

  @ApiProperty({ type: Number, nullable: true, example: 7, description: 'Of the limit; null is unlimited.' })
  remaining!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: 0.3,
    description: 'used ÷ limit; null with a limit that is unlimited or 0.',
  })
  utilization!: number | null;

  @ApiProperty({ example: false, description: 'Whether one more would be refused now.' })
  exhausted!: boolean;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the billing period ends and use starts from 0; null when it does not.',
  })
  resetsAt!: Date | null;

  @ApiProperty(ENFORCEMENT)
  enforcement!: Enforcement;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the days of grace end; null when none are running.',
  })
  graceUntil!: Date | null;

  @ApiProperty(SOURCE)
  source!: EntitlementSource;
}

@ApiExtraModels(ResourceUsageDto)
export class TenantUsageDto {
  @ApiProperty({
    description: 'By limit; limits whose use is not counted are left out.',
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ResourceUsageDto) },
  })
  resources!: TenantUsage;
}
