import type { ExecutionContext, Type } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

/** Where no handler is called yet, so that no decorator of one counts. */
class Connection {
  open(this: void): void {
    // Only its metadata is asked for, and it has none.
  }
}

/** The opening of a connection, as guards and resolvers are shown a call. */
export function connectionContext(client: object, gateway: object | undefined): ExecutionContext {
  const type = (gateway?.constructor ?? Connection) as Type;
  const context = new ExecutionContextHost([client], type, Connection.prototype.open);
  context.setType('ws');
  return context;
}
