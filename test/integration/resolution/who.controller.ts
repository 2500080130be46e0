import { Controller, Get, Post } from '@nestjs/common';
import { CurrentTenant, type TenantContext, TenantOptional } from '@parallax/tenant';

/** Says which tenant was entered, and how it was found. */
@Controller()
export class WhoController {
  @Get('who')
  who(@CurrentTenant() { tenantId, resolution }: TenantContext): object {
    return { tenantId, resolution };
  }

  @Post('who')
  post(@CurrentTenant() { tenantId, resolution }: TenantContext): object {
    return { tenantId, resolution };
  }

  @Get('tenants/:tenantId/who')
  whoByPath(@CurrentTenant() { tenantId, resolution }: TenantContext): object {
    return { tenantId, resolution };
  }

  @TenantOptional()
  @Get('welcome')
  welcome(@CurrentTenant('tenantId') tenantId?: string): object {
    return { tenantId: tenantId ?? null };
  }
}
