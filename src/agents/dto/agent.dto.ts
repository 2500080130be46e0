import { ApiProperty } from '@nestjs/swagger';
import { ListOf } from '../../edge/list.dto.js';
import { encodeId } from '../../edge/typed-id.js';
import type { Agent, AgentStatus } from '../agent.entity.js';

/** An agent as clients see it: no tenant id, in or out. */
export class AgentDto {
  @ApiProperty({ example: 'agt_01h455vb4pex5vsknk084sn02q' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: String, nullable: true })
  endpoint!: string | null;

  @ApiProperty({ type: [String] })
  capabilities!: string[];

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: Record<string, unknown>;

  @ApiProperty({ enum: ['active', 'paused'] })
  status!: AgentStatus;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastActiveAt!: Date | null;

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  updatedAt!: Date;

  static of({
    id,
    name,
    endpoint,
    capabilities,
    metadata,
    status,
    lastActiveAt,
    createdAt,
    updatedAt,
  }: Agent): AgentDto {
    return {
      id: encodeId('agt', id),
      name,
      endpoint,
      capabilities,
      metadata,
      status,
      lastActiveAt,
      createdAt,
      updatedAt,
    };
  }
}

export class AgentListDto extends ListOf(AgentDto) {}
