import { AsyncLocalStorage } from 'node:async_hooks';

/** What the log knows about the request at hand; filled while it is answered. */
export interface RequestLog {
  readonly requestId: string;
  /** The pattern that matched, such as `/api/agents/:id`; never the path or query that was sent. */
  route?: string | undefined;
  tenantId?: string | undefined;
  /** The code of the problem it was answered with. */
  code?: string | undefined;
}

const storage = new AsyncLocalStorage<RequestLog>();

export function currentRequestLog(): RequestLog | undefined {
  return storage.getStore();
}

/** Runs `fn`, and all it starts, as part of the request. */
export function runWithRequestLog<T>(log: RequestLog, fn: () => T): T {
  return storage.run(log, fn);
}
