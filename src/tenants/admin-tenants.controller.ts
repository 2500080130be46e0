import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiTags,
} from '@nestjs/swagger';
import { PlanDirectory, PlatformOnly, TenantService } from '@parallax/tenant';
import { ApiKeyService } from '../auth/api-key.service.js';
import { CursorSigner } from '../edge/cursor.js';
import { type HttpRequest, type HttpResponse, setLocation } from '../edge/location.js';
import { keysetPage } from '../edge/keyset-page.js';
import { parseId } from '../edge/typed-id.js';
import { CreateApiKeyDto, IssuedKeyDto } from './dto/api-key.dto.js';
import { CreateTenantDto, plainMetadata } from './dto/create-tenant.dto.js';
import { DeleteTenantQueryDto } from './dto/delete-tenant-query.dto.js';
import { ListTenantsQueryDto } from './dto/list-tenants-query.dto.js';
import { SuspendTenantDto } from './dto/suspend-tenant.dto.js';
import { TenantDto, TenantListDto } from './dto/tenant.dto.js';
import { TenantUsageDto } from './dto/tenant-usage.dto.js';
import { UpdateTenantDto } from './dto/update-tenant.dto.js';

const TENANT_ID = parseId('tnt', 'tenant');

@ApiTags('admin')
@ApiBearerAuth()
@Controller('admin/tenants')
export class AdminTenantsController {
  constructor(
    private readonly tenants: TenantService,
    private readonly plans: PlanDirectory,
    private readonly keys: ApiKeyService,
    private readonly cursors: CursorSigner,
  ) {}

  @Post()
  @PlatformOnly('tenants:write')
  @ApiCreatedResponse({ type: TenantDto })
  async create(
    @Body() { name, metadata, plan, slug }: CreateTenantDto,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<TenantDto> {
    const tenant = TenantDto.of(
      await this.tenants.createTenant(name, plainMetadata(metadata), plan, { slug }),
      this.plans,
    );
    setLocation(request, response, tenant.id);
    return tenant;
  }

  @Get()
  @PlatformOnly('tenants:read')
  @ApiOkResponse({ type: TenantListDto })
  list(@Query() query: ListTenantsQueryDto): Promise<TenantListDto> {
    const { status } = query;
    return keysetPage({
      cursors: this.cursors,
      scope: { query: { list: 'tenants', status } },
      query,
      read: (limit, after) => this.tenants.listTenants({ limit, status, ...(after && { after }) }),
      present: (tenant) => TenantDto.of(tenant, this.plans),
    });
  }

  @Get(':id')
  @PlatformOnly('tenants:read')
  @ApiOkResponse({ type: TenantDto })
  async get(@Param('id', TENANT_ID) id: string): Promise<TenantDto> {
    return TenantDto.of(await this.tenants.getTenant(id), this.plans);
  }

  @Patch(':id')
  @PlatformOnly('tenants:write')
  @ApiOkResponse({ type: TenantDto })
  async update(
    @Param('id', TENANT_ID) id: string,
    @Body() { name, metadata, plan, when, overLimit }: UpdateTenantDto,
  ): Promise<TenantDto> {
    const changes = {
      ...(name !== undefined && { name }),
      ...(metadata !== undefined && { metadata: plainMetadata(metadata) }),
      ...(plan !== undefined && { plan }),
      ...(when !== undefined && { when }),
      ...(overLimit !== undefined && { overLimit }),
    };
    return TenantDto.of(await this.tenants.updateTenant(id, changes), this.plans);
  }

  @Delete(':id')
  @HttpCode(204)
  @PlatformOnly('tenants:write')
  @ApiNoContentResponse()
  async remove(@Param('id', TENANT_ID) id: string, @Query() { reason }: DeleteTenantQueryDto): Promise<void> {
    await this.tenants.deleteTenant(id, reason);
  }

  @Get(':id/usage')
  @PlatformOnly('tenants:read')
  @ApiOkResponse({ type: TenantUsageDto })
  async usage(@Param('id', TENANT_ID) id: string): Promise<TenantUsageDto> {
    return { resources: await this.tenants.getTenantUsage(id) };
  }

  @Post(':id/suspend')
  @HttpCode(200)
  @PlatformOnly('tenants:write')
  @ApiOkResponse({ type: TenantDto })
  async suspend(
    @Param('id', TENANT_ID) id: string,
    @Body() { reason }: SuspendTenantDto,
  ): Promise<TenantDto> {
    return TenantDto.of(await this.tenants.suspendTenant(id, reason), this.plans);
  }

  @Post(':id/reactivate')
  @HttpCode(200)
  @PlatformOnly('tenants:write')
  @ApiOkResponse({ type: TenantDto })
  async reactivate(@Param('id', TENANT_ID) id: string): Promise<TenantDto> {
    return TenantDto.of(await this.tenants.reactivateTenant(id), this.plans);
  }

  @Post(':id/api-keys')
  @PlatformOnly('tenants:keys')
  @ApiCreatedResponse({ type: IssuedKeyDto })
  async createKey(
    @Param('id', TENANT_ID) id: string,
    @Body() { name, role }: CreateApiKeyDto,
  ): Promise<IssuedKeyDto> {
    const tenant = await this.tenants.getTenant(id);
    return IssuedKeyDto.of(await this.keys.issueForTenant(tenant.id, name, role));
  }
}
