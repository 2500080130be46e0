import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { LimitValue, ResourceUsage, TenantUsage } from '@parallax/tenant';

export class ResourceUsageDto implements ResourceUsage {
  @ApiProperty({ example: 3 })
  used!: number;

  @ApiProperty({ type: Number, nullable: true, example: 10, description: 'Effective; null is unlimited.' })
  limit!: LimitValue;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: 0.3,
    description: 'used ÷ limit; null with a limit that is unlimited or 0.',
  })
  utilization!: number | null;
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
