import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { AdminTenantsController } from './admin-tenants.controller.js';
import { EntitlementsController } from './entitlements.controller.js';
import { PlansController } from './plans.controller.js';
import { TenantController } from './tenant.controller.js';

@Module({
  imports: [AuthModule],
  controllers: [AdminTenantsController, TenantController, EntitlementsController, PlansController],
})
export class TenantsModule {}
