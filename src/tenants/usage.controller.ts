import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, TenantService } from '@parallax/tenant';
import { TenantUsageDto } from './dto/tenant-usage.dto.js';

@ApiTags('tenant')
@ApiBearerAuth()
@Controller(['api/usage', 'api/tenants/:tenantId/usage'])
export class UsageController {
  constructor(private readonly tenants: TenantService) {}

  @Get()
  @ApiOkResponse({ type: TenantUsageDto })
  async get(@CurrentTenant('tenantId') tenantId: string): Promise<TenantUsageDto> {
    return { resources: await this.tenants.getTenantUsage(tenantId) };
  }
}
