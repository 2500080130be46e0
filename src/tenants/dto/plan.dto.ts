import { ApiProperty } from '@nestjs/swagger';
import type { LimitValue } from '@parallax/tenant';
import { ListOf } from '../../edge/list.dto.js';

export class PlanDto {
  @ApiProperty({ example: 'starter' })
  name!: string;

  @ApiProperty()
  version!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Per month; null is agreed per tenant.' })
  priceCents!: number | null;

  @ApiProperty({
    description: 'null is unlimited.',
    type: 'object',
    additionalProperties: { type: 'number', nullable: true },
  })
  limits!: Readonly<Record<string, LimitValue>>;

  @ApiProperty({ type: [String] })
  features!: readonly string[];
}

export class PlanListDto extends ListOf(PlanDto) {}
