import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { EntitlementService } from '@parallax/tenant';
import { EntitlementsDto } from './dto/entitlements.dto.js';

@ApiTags('tenant')
@ApiBearerAuth()
@Controller(['api/entitlements', 'api/tenants/:tenantId/entitlements'])
export class EntitlementsController {
  constructor(private readonly entitlements: EntitlementService) {}

  @Get()
  @ApiOkResponse({ type: EntitlementsDto })
  async get(): Promise<EntitlementsDto> {
    return EntitlementsDto.of(await this.entitlements.get());
  }
}
