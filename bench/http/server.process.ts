import 'reflect-metadata';
import { type DynamicModule, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { assembledStack } from './assembled-stack.js';
import { bareStack } from './bare-stack.js';
import { ownStack } from './own-stack.js';
import type { ServerOptions } from './server-options.js';

/** One stack in a process of its own, so that none of them pays for what another one needs of Node.js. */

function moduleOf(options: ServerOptions): DynamicModule | Promise<DynamicModule> {
  if (options.stack === 'bare') return bareStack(options);
  return options.stack === 'assembled' ? assembledStack(options) : ownStack(options);
}

async function main(): Promise<void> {
  Logger.overrideLogger(['error']);
  const options = JSON.parse(process.argv[2] ?? '') as ServerOptions;
  const adapter = options.adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(await moduleOf(options), adapter);
  await app.listen(0, '127.0.0.1');
  process.send?.(Number(new URL(await app.getUrl()).port));
  process.on('message', () => process.send?.(process.cpuUsage()));
  process.once('disconnect', () => void app.close().finally(() => process.exit()));
}

void main();
