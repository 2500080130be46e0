import { Module } from '@nestjs/common';
import { AdminAlertsController } from './admin-alerts.controller.js';

@Module({ controllers: [AdminAlertsController] })
export class AlertsModule {}
