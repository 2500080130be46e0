import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import type { AppConfig } from '../config/app-config.js';
import { APP_CONFIG } from '../config/app-config.token.js';
import { BodyLimitsPipe } from './body-limits.pipe.js';
import { CursorSigner } from './cursor.js';
import { ProblemFilter } from './problem.filter.js';
import { ProblemStreamInterceptor } from './problems/problem-stream.interceptor.js';
import { RequestValidationPipe } from './validation.pipe.js';

/** What holds for every route: how input is checked and how failures are answered. The pipes run in this order. */
@Global()
@Module({
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_INTERCEPTOR, useClass: ProblemStreamInterceptor },
    { provide: APP_PIPE, useClass: BodyLimitsPipe },
    { provide: APP_PIPE, useClass: RequestValidationPipe },
    {
      provide: CursorSigner,
      inject: [APP_CONFIG],
      useFactory: ({ secretKey }: AppConfig) => new CursorSigner(secretKey),
    },
  ],
  exports: [CursorSigner],
})
export class EdgeModule {}
