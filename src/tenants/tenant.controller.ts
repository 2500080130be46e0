import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, PlanDirectory, TenantService } from '@parallax/tenant';
import { TenantDto } from './dto/tenant.dto.js';

@ApiTags('tenant')
@ApiBearerAuth()
@Controller(['api/tenant', 'api/tenants/:tenantId/tenant'])
export class TenantController {
  constructor(
    private readonly tenants: TenantService,
    private readonly plans: PlanDirectory,
  ) {}

  @Get()
  @ApiOkResponse({ type: TenantDto })
  async get(@CurrentTenant('tenantId') tenantId: string): Promise<TenantDto> {
    return TenantDto.of(await this.tenants.getTenant(tenantId), this.plans);
  }
}
