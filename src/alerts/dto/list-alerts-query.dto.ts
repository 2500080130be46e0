import { ApiPropertyOptional } from '@nestjs/swagger';
import type { AlertRule } from '@parallax/tenant';
import { IsIn, IsString, MaxLength } from 'class-validator';
import { ListQueryDto } from '../../edge/list-query.dto.js';
import { Omittable } from '../../edge/omittable.decorator.js';

export const ALERT_RULES: readonly AlertRule[] = [
  'plan_limit_approaching',
  'quota_exceeded',
  'rate_limit_exceeded',
  'suspicious_activity',
];

export class ListAlertsQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ description: "Only this tenant's, by id or slug. All, when left out." })
  @Omittable()
  @IsString()
  @MaxLength(64)
  tenant?: string;

  @ApiPropertyOptional({ enum: ALERT_RULES, description: 'Only alerts of it. All, when left out.' })
  @Omittable()
  @IsIn(ALERT_RULES)
  rule?: AlertRule;
}
