import { Controller, Get, Module, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { SkipThrottle, Throttle, ThrottlerModule } from '@nestjs/throttler';
import { TenantThrottlerGuard } from '@parallax/tenant';

@Controller('messages')
export class MessagesController {
  @Throttle({ burst: { limit: 1, ttl: 60_000 } })
  @Post()
  send(): object {
    return { sent: true };
  }

  @SkipThrottle({ burst: true })
  @Get()
  list(): object {
    return { messages: [] };
  }
}

@Module({
  imports: [
    ThrottlerModule.forRoot([
      { name: 'burst', ttl: 60_000, limit: 10 },
      { name: 'day', ttl: 86_400_000, limit: 10_000 },
    ]),
  ],
  controllers: [MessagesController],
  providers: [{ provide: APP_GUARD, useClass: TenantThrottlerGuard }],
})
export class MessagesModule {} // imported after TenantModule
