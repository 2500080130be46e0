import { type MiddlewareConsumer, Module, type NestModule, type OnModuleDestroy } from '@nestjs/common';

/** Loses the scope as a session store does that answers all who wait from one connection of its own. */
@Module({})
export class LosingModule implements NestModule, OnModuleDestroy {
  readonly #waiting: (() => void)[] = [];
  readonly #answering = setInterval(() => {
    for (const next of this.#waiting.splice(0)) next();
  }, 2);

  configure(consumer: MiddlewareConsumer): void {
    const wait = (_request: unknown, _response: unknown, next: () => void): void =>
      void this.#waiting.push(next);
    consumer.apply(wait).forRoutes('{*path}');
  }

  onModuleDestroy(): void {
    clearInterval(this.#answering);
  }
}

/** Worse: it waits for two requests, and lets both go on in the scope of the second. */
@Module({})
export class MixingModule implements NestModule {
  readonly #waiting: (() => void)[] = [];

  configure(consumer: MiddlewareConsumer): void {
    const pair = (_request: unknown, _response: unknown, next: () => void): void => {
      if (this.#waiting.push(next) < 2) return;
      for (const go of this.#waiting.splice(0)) go();
    };
    consumer.apply(pair).forRoutes('{*path}');
  }
}
