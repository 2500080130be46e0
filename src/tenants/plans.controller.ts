import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PlanDirectory } from '@parallax/tenant';
import { Public } from '../auth/public.decorator.js';
import { PlanListDto } from './dto/plan.dto.js';

@ApiTags('plans')
@Controller('api/plans')
export class PlansController {
  constructor(private readonly plans: PlanDirectory) {}

  @Get()
  @Public()
  @ApiOkResponse({ type: PlanListDto })
  list(): PlanListDto {
    const data = Object.entries(this.plans.catalog.plans).map(([name, plan]) => ({ name, ...plan }));
    return { data, nextCursor: null };
  }
}
