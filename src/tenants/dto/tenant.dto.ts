import { ApiProperty } from '@nestjs/swagger';
import type { Entitlements, PlanDirectory, Tenant } from '@parallax/tenant';
import { ListOf } from '../../edge/list.dto.js';
import { encodeId } from '../../edge/typed-id.js';

export class ScheduledPlanDto {
  @ApiProperty({ example: 'free' })
  plan!: string;

  @ApiProperty({ type: String, format: 'date-time', description: 'From then on it is the plan.' })
  effectiveAt!: Date;
}

/** A tenant as its own members see it. */
export class TenantDto {
  @ApiProperty({ example: 'tnt_01h455vb4pex5vsknk084sn02q' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ example: 'acme' })
  slug!: string;

  @ApiProperty({ enum: ['trial', 'active', 'suspended'] })
  status!: string;

  @ApiProperty({ example: 'free' })
  plan!: string;

  @ApiProperty({ type: ScheduledPlanDto, nullable: true, description: 'null: the plan stays as it is.' })
  scheduledPlan!: ScheduledPlanDto | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: Tenant['metadata'];

  @ApiProperty({
    description: 'Effective limits; null is unlimited.',
    type: 'object',
    additionalProperties: { type: 'number', nullable: true },
  })
  limits!: Entitlements['limits'];

  @ApiProperty({ type: 'object', additionalProperties: { type: 'boolean' } })
  features!: Entitlements['features'];

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  updatedAt!: Date;

  static of(tenant: Tenant, plans: PlanDirectory): TenantDto {
    const { id, name, slug, status, plan, planVersion, scheduledPlan, metadata, createdAt, updatedAt } =
      tenant;
    const entitlements = plans.entitlements(plan, planVersion, tenant.limits);
    return {
      id: encodeId('tnt', id),
      name,
      slug,
      status,
      plan,
      scheduledPlan: scheduledPlan && {
        plan: scheduledPlan.plan,
        effectiveAt: scheduledPlan.effectiveAt,
      },
      metadata,
      ...entitlements,
      createdAt,
      updatedAt,
    };
  }
}

export class TenantListDto extends ListOf(TenantDto) {}
