import { ApiProperty } from '@nestjs/swagger';
import type { AlertDelivery, AlertRule, DeliveredAlert } from '@parallax/tenant';
import { ListOf } from '../../edge/list.dto.js';
import { encodeId } from '../../edge/typed-id.js';
import { ALERT_RULES } from './list-alerts-query.dto.js';

const moment = { type: String, format: 'date-time' } as const;

export class AlertDeliveryDto implements AlertDelivery {
  @ApiProperty({ example: 'webhook' })
  channel!: string;

  @ApiProperty({ enum: ['pending', 'delivered', 'failed'] })
  state!: AlertDelivery['state'];

  @ApiProperty({ example: 1 })
  attempts!: number;

  @ApiProperty({ ...moment, nullable: true })
  nextAttemptAt!: Date | null;

  @ApiProperty({ ...moment, nullable: true })
  deliveredAt!: Date | null;

  @ApiProperty({ ...moment, nullable: true })
  failedAt!: Date | null;

  @ApiProperty({ type: String, nullable: true, example: 'The receiver answered 503.' })
  lastError!: string | null;
}

/** What operators are told of one tenant: a threshold it crossed, refused calls, suspicious activity. */
export class AlertDto {
  @ApiProperty({ example: 'alr_01h455vb4pex5vsknk084sn02q' })
  id!: string;

  @ApiProperty({ enum: ALERT_RULES })
  rule!: AlertRule;

  @ApiProperty({ example: 'tnt_01h455vb4pex5vsknk084sn02q' })
  tenantId!: string;

  @ApiProperty({
    example: 'maxExecutions',
    description: 'The name of the limit, of the rate limit, or of what is suspicious.',
  })
  resource!: string;

  @ApiProperty({ example: 80, description: 'Percent of the limit.' })
  threshold!: number;

  @ApiProperty({ example: 1000, description: 'Of suspicious activity from how much on it is.' })
  limit!: number;

  @ApiProperty({
    example: 800,
    description:
      'Right after the use that crossed the threshold; of a rate limit the calls it refused in the hour so far.',
  })
  used!: number;

  @ApiProperty({ example: 'free' })
  plan!: string;

  @ApiProperty({
    ...moment,
    nullable: true,
    description: 'When the billing period, the hour or the cool-down began; null where there is none.',
  })
  periodStart!: Date | null;

  @ApiProperty(moment)
  raisedAt!: Date;

  @ApiProperty({
    type: [AlertDeliveryDto],
    description: 'None yet, or none at all where one use crossed a higher threshold too.',
  })
  deliveries!: readonly AlertDeliveryDto[];

  static of(alert: DeliveredAlert): AlertDto {
    const { id, rule, tenantId, resource, threshold, limit, used } = alert;
    const { plan, periodStart, raisedAt, deliveries } = alert;
    return {
      id: encodeId('alr', id),
      rule,
      tenantId: encodeId('tnt', tenantId),
      resource,
      threshold,
      limit,
      used,
      plan,
      periodStart,
      raisedAt,
      deliveries,
    };
  }
}

export class AlertListDto extends ListOf(AlertDto) {}
