import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentTenant, RateLimit, RateLimitConfigs } from '@parallax/tenant';
import { RequireRole } from '../auth/role.guard.js';
import { CursorSigner } from '../edge/cursor.js';
import { TenantListQueryDto } from '../edge/tenant-list-query.dto.js';
import { keysetPage } from '../edge/keyset-page.js';
import { parseId } from '../edge/typed-id.js';
import { type HttpRequest, type HttpResponse, setLocation } from '../edge/location.js';
import { AgentsService } from './agents.service.js';
import { AgentDto, AgentListDto } from './dto/agent.dto.js';
import { CreateAgentDto } from './dto/create-agent.dto.js';
import { UpdateAgentDto } from './dto/update-agent.dto.js';

const AGENT_ID = parseId('agt', 'agent');

@ApiTags('agents')
@ApiBearerAuth()
@Controller(['api/agents', 'api/tenants/:tenantId/agents'])
export class AgentsController {
  constructor(
    private readonly agents: AgentsService,
    private readonly cursors: CursorSigner,
  ) {}

  @Post()
  @RequireRole('member')
  @RateLimit(RateLimitConfigs.AGENT_REGISTRATIONS)
  @ApiCreatedResponse({ type: AgentDto })
  async create(
    @Body() body: CreateAgentDto,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<AgentDto> {
    const agent = AgentDto.of(await this.agents.create(body));
    setLocation(request, response, agent.id);
    return agent;
  }

  @Get()
  @ApiOkResponse({ type: AgentListDto })
  list(
    @CurrentTenant('tenantId') tenantId: string,
    @Query() query: TenantListQueryDto,
  ): Promise<AgentListDto> {
    return keysetPage({
      cursors: this.cursors,
      scope: { tenantId, query: 'agents' },
      query,
      read: (limit, after) => this.agents.list(limit, after),
      present: (agent) => AgentDto.of(agent),
    });
  }

  @Get(':id')
  @ApiOkResponse({ type: AgentDto })
  async get(@Param('id', AGENT_ID) id: string): Promise<AgentDto> {
    return AgentDto.of(await this.agents.get(id));
  }

  @Patch(':id')
  @RequireRole('member')
  @ApiOkResponse({ type: AgentDto })
  async update(@Param('id', AGENT_ID) id: string, @Body() body: UpdateAgentDto): Promise<AgentDto> {
    return AgentDto.of(await this.agents.update(id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole('member')
  @ApiNoContentResponse()
  async remove(@Param('id', AGENT_ID) id: string): Promise<void> {
    await this.agents.remove(id);
  }

  @Post(':id/heartbeat')
  @HttpCode(200)
  @RequireRole('member')
  @ApiOkResponse({ type: AgentDto })
  async heartbeat(@Param('id', AGENT_ID) id: string): Promise<AgentDto> {
    return AgentDto.of(await this.agents.heartbeat(id));
  }
}
