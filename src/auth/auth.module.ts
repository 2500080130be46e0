import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { APP_CONFIG } from '../config/app-config.token.js';
import type { AppConfig } from '../config/app-config.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyService } from './api-key.service.js';
import { FailedCredentials } from './failed-credentials.js';
import { KeyHasher } from './key-hasher.js';
import { RequestAuthenticator } from './request-authenticator.js';

@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity], 'control')],
  providers: [
    {
      provide: KeyHasher,
      inject: [APP_CONFIG],
      useFactory: ({ secretKey }: AppConfig) => new KeyHasher(secretKey),
    },
    ApiKeyService,
    FailedCredentials,
    RequestAuthenticator,
  ],
  exports: [ApiKeyService, RequestAuthenticator],
})
export class AuthModule {}
