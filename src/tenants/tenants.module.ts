import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { AdminTenantPlanController } from './admin-tenant-plan.controller.js';
import { AdminTenantsController } from './admin-tenants.controller.js';
import { EntitlementsController } from './entitlements.controller.js';
import { PlansController } from './plans.controller.js';
import { TenantController } from './tenant.controller.js';
import { UsageController } from './usage.controller.js';

@Module({
  imports: [AuthModule],
  controllers: [
    AdminTenantsController,
    AdminTenantPlanController,
    TenantController,
    EntitlementsController,
    UsageController,
    PlansController,
  ],
})
export class TenantsModule {}
