import { ApiPropertyOptional } from '@nestjs/swagger';
import type { LimitValue } from '@parallax/tenant';
import { IsObject } from 'class-validator';
import { Omittable } from '../../edge/omittable.decorator.js';

/** At least one of them is given. What they hold is checked against the catalogue, which has the names. */
export class OverridesDto {
  @ApiPropertyOptional({
    description: 'By limit; null is unlimited. What is left out, the plan decides.',
    type: 'object',
    additionalProperties: { type: 'number', nullable: true },
    example: { maxAgents: 50 },
  })
  @Omittable()
  @IsObject()
  limits?: Readonly<Record<string, LimitValue>>;

  @ApiPropertyOptional({
    description: 'By feature. What is left out, the plan decides.',
    type: 'object',
    additionalProperties: { type: 'boolean' },
    example: { sso: true },
  })
  @Omittable()
  @IsObject()
  features?: Readonly<Record<string, boolean>>;
}
