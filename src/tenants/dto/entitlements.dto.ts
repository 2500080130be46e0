import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type {
  EntitlementSource,
  Enforcement,
  LimitEntitlement,
  LimitValue,
  QuotaKind,
  TenantEntitlements,
} from '@parallax/tenant';
import { ENFORCEMENT, KIND, SOURCE } from './entitlement-schemas.js';

export class LimitEntitlementDto implements LimitEntitlement {
  @ApiProperty({ type: Number, nullable: true, example: 3, description: 'null is unlimited.' })
  value!: LimitValue;

  @ApiProperty(SOURCE)
  source!: EntitlementSource;

  @ApiProperty(KIND)
  kind!: QuotaKind | null;

  @ApiProperty({ ...ENFORCEMENT, nullable: true })
  enforcement!: Enforcement | null;
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
