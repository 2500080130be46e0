import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { NotFoundError } from '@parallax/tenant';
import type { QueryDeepPartialEntity, Repository } from 'typeorm';
import { Agent } from './agent.entity.js';
import type { CreateAgentDto } from './dto/create-agent.dto.js';
import type { UpdateAgentDto } from './dto/update-agent.dto.js';

export type AgentPosition = Pick<Agent, 'createdAt' | 'id'>;

/** The agents of the tenant in whose scope it is called: nothing here names a tenant. */
@Injectable()
export class AgentsService {
  constructor(@InjectRepository(Agent) private readonly agents: Repository<Agent>) {}

  /** @throws LimitReachedError when the plan allows no further agent. */
  create(agent: CreateAgentDto): Promise<Agent> {
    return this.agents.save(this.agents.create(agent));
  }

  /** Newest first. */
  list(limit: number, after?: AgentPosition): Promise<Agent[]> {
    const query = this.agents
      .createQueryBuilder('agent')
      .orderBy('agent.createdAt', 'DESC')
      .addOrderBy('agent.id', 'DESC')
      .limit(limit);
    if (after) query.where('(agent.createdAt, agent.id) < (:createdAt, :id)', { ...after });
    return query.getMany();
  }

  async get(id: string): Promise<Agent> {
    const agent = await this.agents.findOneBy({ id });
    if (!agent) throw new NotFoundError('agent');
    return agent;
  }

  update(id: string, changes: UpdateAgentDto): Promise<Agent> {
    return this.#change(id, changes as QueryDeepPartialEntity<Agent>);
  }

  async remove(id: string): Promise<void> {
    const { affected } = await this.agents.delete(id);
    if (!affected) throw new NotFoundError('agent');
  }

  heartbeat(id: string): Promise<Agent> {
    return this.#change(id, { lastActiveAt: new Date() });
  }

  async #change(id: string, changes: QueryDeepPartialEntity<Agent>): Promise<Agent> {
    const { affected } = await this.agents.update(id, changes);
    if (!affected) throw new NotFoundError('agent');
    return this.get(id);
  }
}
