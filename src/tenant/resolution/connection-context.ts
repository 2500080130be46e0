import type { ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

/** Where no handler is called yet, so that no decorator of one counts. */
class Connection {
  open(this: void): void {
    // Only its metadata is asked for, and it has none.
  }
}

/** The opening of a connection, as guards and resolvers are shown a call. */
export function connectionContext(client: object): ExecutionContext {
  const context = new ExecutionContextHost([client], Connection, Connection.prototype.open);
  context.setType('ws');
  return context;
}
