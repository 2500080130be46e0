import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type {
  EntitlementSource,
  LimitChange,
  LimitValue,
  OverLimit,
  PlanChangePreview,
  PlanChangeTime,
  PlanDirection,
} from '@parallax/tenant';
import { IsIn } from 'class-validator';
import { Omittable } from '../../edge/omittable.decorator.js';
import { PLAN_NAMES } from './create-tenant.dto.js';
import { SOURCE } from './entitlement-schemas.js';
import { PLAN_CHANGE_TIMES } from './update-tenant.dto.js';

export class PreviewPlanDto {
  @ApiProperty({ enum: PLAN_NAMES })
  @IsIn(PLAN_NAMES)
  plan!: string;

  @ApiPropertyOptional({ enum: PLAN_CHANGE_TIMES, description: 'As the change would be given.' })
  @Omittable()
  @IsIn(PLAN_CHANGE_TIMES)
  when?: PlanChangeTime;
}

export class PlanVersionDto {
  @ApiProperty({ example: 'starter' })
  plan!: string;

  @ApiProperty({ example: 1 })
  planVersion!: number;
}

export class LimitChangeDto implements LimitChange {
  @ApiProperty({ example: 'maxAgents' })
  name!: string;

  @ApiProperty({ type: Number, nullable: true, example: 10, description: 'null is unlimited.' })
  from!: LimitValue;

  @ApiProperty({ type: Number, nullable: true, example: 3, description: 'null is unlimited.' })
  to!: LimitValue;

  @ApiProperty(SOURCE)
  source!: EntitlementSource;
}

export class OverLimitDto implements OverLimit {
  @ApiProperty({ example: 'maxAgents' })
  resource!: string;

  @ApiProperty({ example: 8 })
  used!: number;

  @ApiProperty({ example: 3 })
  allowed!: number;

  @ApiProperty({ example: 5 })
  over!: number;
}

export class PlanPreviewDto implements PlanChangePreview {
  @ApiProperty({ type: PlanVersionDto })
  from!: PlanVersionDto;

  @ApiProperty({ type: PlanVersionDto })
  to!: PlanVersionDto;

  @ApiProperty({ enum: ['upgrade', 'downgrade', 'change'] })
  direction!: PlanDirection;

  @ApiProperty({ type: String, format: 'date-time' })
  effectiveAt!: Date;

  @ApiProperty({ type: [LimitChangeDto], description: 'Effective values; an override stays.' })
  limits!: readonly LimitChangeDto[];

  @ApiProperty({ type: [String] })
  gainedFeatures!: readonly string[];

  @ApiProperty({ type: [String] })
  lostFeatures!: readonly string[];

  @ApiProperty({
    type: [OverLimitDto],
    description:
      'What is used above the new limits. All of it stays, to be read, changed and deleted; no more can be made ' +
      'before use is below the limit.',
  })
  overLimit!: readonly OverLimitDto[];
}
