import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AlertService, PlatformOnly, TenantService, ValidationFailedError } from '@parallax/tenant';
import { CursorSigner } from '../edge/cursor.js';
import { keysetPage } from '../edge/keyset-page.js';
import { tenantReference } from '../tenants/tenant-reference.js';
import { AlertDto, AlertListDto } from './dto/alert.dto.js';
import { ListAlertsQueryDto } from './dto/list-alerts-query.dto.js';

@ApiTags('admin')
@ApiBearerAuth()
@Controller('admin/alerts')
export class AdminAlertsController {
  constructor(
    private readonly alerts: AlertService,
    private readonly tenants: TenantService,
    private readonly cursors: CursorSigner,
  ) {}

  @Get()
  @PlatformOnly('alerts:read')
  @ApiOkResponse({ type: AlertListDto })
  async list(@Query() query: ListAlertsQueryDto): Promise<AlertListDto> {
    const { rule } = query;
    const tenantId = query.tenant === undefined ? undefined : await this.#tenantId(query.tenant);
    return await keysetPage({
      cursors: this.cursors,
      scope: { query: { list: 'alerts', tenantId, rule } },
      query,
      read: async (limit, after) => {
        const page = await this.alerts.list({
          limit,
          ...(tenantId !== undefined && { tenantId }),
          ...(rule !== undefined && { rule }),
          ...(after && { after: { raisedAt: after.createdAt, id: after.id } }),
        });
        return page.map((alert) => ({ ...alert, createdAt: alert.raisedAt }));
      },
      present: (alert) => AlertDto.of(alert),
    });
  }

  /** Of a deleted tenant too, by its id: what it was told of is still known. */
  async #tenantId(text: string): Promise<string> {
    const reference = tenantReference(text);
    if (!reference) throw new ValidationFailedError([{ field: 'tenant', message: 'is no id or slug' }]);
    return 'id' in reference ? reference.id : (await this.tenants.getTenantBySlug(reference.slug)).id;
  }
}
