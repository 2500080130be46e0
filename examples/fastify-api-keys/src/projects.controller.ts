import {
  BadRequestException,
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { RequireFeature } from '@parallax/tenant';
import type { Repository } from 'typeorm';
import { Project } from './project.entity.js';

/** TenantGuard is global: every route has a tenant unless it says otherwise. */
@Controller('projects')
export class ProjectsController {
  constructor(@InjectRepository(Project) private readonly projects: Repository<Project>) {}

  @Get()
  list(): Promise<Project[]> {
    return this.projects.find({ order: { name: 'ASC' } });
  }

  @Get('export')
  @RequireFeature('dataExport')
  async export(): Promise<string> {
    const projects = await this.projects.find({ order: { name: 'ASC' } });
    return projects.map(({ id, name }) => `${id},${JSON.stringify(name)}`).join('\n');
  }

  @Get(':id')
  async get(@Param('id', ParseUUIDPipe) id: string): Promise<Project> {
    const project = await this.projects.findOneBy({ id });
    if (!project) throw new NotFoundException();
    return project;
  }

  @Post()
  create(@Body('name') name: unknown): Promise<Project> {
    if (typeof name !== 'string' || name.trim() === '') throw new BadRequestException('name must be a text');
    return this.projects.save(this.projects.create({ name }));
  }
}
