import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import {
  EntitlementService,
  PlanDirectory,
  PlatformOnly,
  TenantService,
  ValidationFailedError,
} from '@parallax/tenant';
import { parseId } from '../edge/typed-id.js';
import { EntitlementsDto } from './dto/entitlements.dto.js';
import { OverridesDto } from './dto/overrides.dto.js';
import { PlanPreviewDto, PreviewPlanDto } from './dto/plan-preview.dto.js';
import { TenantDto } from './dto/tenant.dto.js';

const TENANT_ID = parseId('tnt', 'tenant');

/** What a tenant may do, and what another plan would make of that. */
@ApiTags('admin')
@ApiBearerAuth()
@Controller('admin/tenants/:id')
export class AdminTenantPlanController {
  constructor(
    private readonly tenants: TenantService,
    private readonly entitlements: EntitlementService,
    private readonly plans: PlanDirectory,
  ) {}

  @Get('overrides')
  @PlatformOnly('tenants:read')
  @ApiOkResponse({ type: EntitlementsDto })
  async overrides(@Param('id', TENANT_ID) id: string): Promise<EntitlementsDto> {
    return EntitlementsDto.of(await this.entitlements.get(id));
  }

  @Put('overrides')
  @PlatformOnly('tenants:write')
  @ApiOkResponse({ type: EntitlementsDto })
  async override(
    @Param('id', TENANT_ID) id: string,
    @Body() { limits, features }: OverridesDto,
  ): Promise<EntitlementsDto> {
    // All would be gone by a body that was forgotten.
    if (!limits && !features) {
      throw new ValidationFailedError([
        {
          field: 'body',
          message: 'give `limits`, `features` or both; an empty object in one of them leaves all to the plan',
        },
      ]);
    }
    const overrides = { ...(limits && { limits }), ...(features && { features }) };
    return EntitlementsDto.of(await this.entitlements.replaceOverrides(id, overrides));
  }

  @Post('plan-preview')
  @HttpCode(200)
  @PlatformOnly('tenants:read')
  @ApiOkResponse({ type: PlanPreviewDto })
  preview(
    @Param('id', TENANT_ID) id: string,
    @Body() { plan, when }: PreviewPlanDto,
  ): Promise<PlanPreviewDto> {
    return this.entitlements.previewPlanChange(id, plan, when);
  }

  @Delete('scheduled-plan')
  @PlatformOnly('tenants:write')
  @ApiOkResponse({ type: TenantDto })
  async cancel(@Param('id', TENANT_ID) id: string): Promise<TenantDto> {
    return TenantDto.of(await this.tenants.cancelPlanChange(id), this.plans);
  }
}
