import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { EntitlementSource, LimitValue, TenantEntitlements } from '@parallax/tenant';

const SOURCE = {
  enum: ['override', 'plan', 'default'],
  description: 'The own override, the plan, or neither: a limit the version of the plan does not know is 0.',
} as const;

export class LimitEntitlementDto {
  @ApiProperty({ type: Number, nullable: true, example: 3, description: 'null is unlimited.' })
  value!: LimitValue;

  @ApiProperty(SOURCE)
  source!: EntitlementSource;
}

export class FeatureEntitlementDto {
  @ApiProperty()
  value!: boolean;

  @ApiProperty(SOURCE)
  source!: EntitlementSource;
}

/** What a tenant may do, each value with where it comes from. */
@ApiExtraModels(LimitEntitlementDto, FeatureEntitlementDto)
export class EntitlementsDto {
  @ApiProperty({ example: 'free' })
  plan!: string;

  @ApiProperty({ example: 1 })
  planVersion!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(LimitEntitlementDto) },
  })
  limits!: TenantEntitlements['limits'];

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(FeatureEntitlementDto) },
  })
  features!: TenantEntitlements['features'];

  static of({ plan, planVersion, limits, features }: TenantEntitlements): EntitlementsDto {
    return { plan, planVersion, limits, features };
  }
}
