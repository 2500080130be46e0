import { ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { Omittable } from '../../edge/omittable.decorator.js';
import type { AgentStatus } from '../agent.entity.js';
import { CreateAgentDto } from './create-agent.dto.js';

export class UpdateAgentDto extends PartialType(CreateAgentDto, { skipNullProperties: false }) {
  @ApiPropertyOptional({ enum: ['active', 'paused'] })
  @Omittable()
  @IsIn(['active', 'paused'])
  status?: AgentStatus;
}
