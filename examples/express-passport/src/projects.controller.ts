import {
  BadRequestException,
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { InjectRepository } from '@nestjs/typeorm';
import { RequireFeature, TenantGuard } from '@parallax/tenant';
import type { Repository } from 'typeorm';
import { Project } from './project.entity.js';

/** Passport says who is calling, TenantGuard which tenant it is about. In this order. */
@Controller('projects')
@UseGuards(AuthGuard('jwt'), TenantGuard)
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
