import { inspect } from 'node:util';
import { Logger, type LoggerService } from '@nestjs/common';
import type {
  RateLimitExceededEvent,
  RateLimitStoreLostEvent,
  RateLimitStoreRestoredEvent,
} from './rate-limit.events.js';
import type { AccessRefusedEvent, SuspiciousActivityEvent } from './security.events.js';
import type { TenantAlertEvent } from './tenant-alert.event.js';

/** What happened to a tenant, as it is after that. */
export interface TenantLifecycleEvent {
  /** uuid */
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly status: 'trial' | 'active' | 'suspended' | 'deleted';
  readonly plan: string;
  /** When it was committed. */
  readonly at: Date;
}

/** Sources of one request named different tenants. */
export interface ResolutionConflictEvent {
  /** The sources, in the order they are asked; the first is the one that counted. Never what they held. */
  readonly sources: readonly string[];
  /** The tenant that was entered; undefined when the request was refused. uuid */
  readonly tenantId: string | undefined;
  /** Who was calling. */
  readonly principalId: string | undefined;
  readonly at: Date;
}

/** Every event, by name. */
export interface TenantEventMap {
  'tenant.created': TenantLifecycleEvent;
  'tenant.updated': TenantLifecycleEvent & { readonly changed: readonly string[] };
  'tenant.suspended': TenantLifecycleEvent & { readonly reason: string };
  'tenant.reactivated': TenantLifecycleEvent;
  'tenant.deleted': TenantLifecycleEvent & { readonly reason: string };
  'tenant.resolution.conflict': ResolutionConflictEvent;
  'tenant.access.refused': AccessRefusedEvent;
  'tenant.alert': TenantAlertEvent;
  'tenant.rate-limit.exceeded': RateLimitExceededEvent;
  'tenant.suspicious-activity': SuspiciousActivityEvent;
  'rate-limit.store.lost': RateLimitStoreLostEvent;
  'rate-limit.store.restored': RateLimitStoreRestoredEvent;
}

/** The name of an event, as `on` takes it. */
export type TenantEventName = keyof TenantEventMap;

/** One event and its name: what `onAny` listeners get. */
export type TenantEvent = {
  [Name in TenantEventName]: TenantEventMap[Name] & { readonly name: Name };
}[TenantEventName];

type Listener = (event: TenantEvent) => unknown;

/**
 * What happened in this process, told to those who watch: metrics, notifications, caches of your own. An event
 * comes after its change is committed, and nothing waits for it: a listener that throws is logged, and neither
 * the change nor another listener notices. Work that must not be lost belongs in the transaction, not here.
 *
 * @example
 * const off = events.on('tenant.suspended', ({ tenantId, reason }) => pager.notify(tenantId, reason));
 * events.onAny((event) => eventEmitter.emit(event.name, event)); // on to \@nestjs/event-emitter
 */
export class TenantEvents {
  readonly #listeners = new Map<TenantEventName | 'any', Set<Listener>>();

  constructor(private readonly logger: LoggerService = new Logger(TenantEvents.name)) {}

  /** Listens to one kind of event. @returns what ends the subscription. */
  on<Name extends TenantEventName>(
    name: Name,
    listener: (event: Extract<TenantEvent, { name: Name }>) => unknown,
  ): () => void {
    return this.#add(name, listener as Listener);
  }

  /** Listens to all of them. @returns what ends the subscription. */
  onAny(listener: (event: TenantEvent) => unknown): () => void {
    return this.#add('any', listener);
  }

  /** Tells everybody who listens. Never throws. */
  emit<Name extends TenantEventName>(name: Name, details: TenantEventMap[Name]): void {
    const event = Object.freeze({ ...details, name }) as unknown as TenantEvent;
    for (const listener of [...this.#of('any'), ...this.#of(name)]) void this.#tell(listener, event);
  }

  async #tell(listener: Listener, event: TenantEvent): Promise<void> {
    try {
      await listener(event);
    } catch (error) {
      // Not String(): what has no way to become one would throw here, and nobody would catch it.
      const stack = error instanceof Error ? error.stack : inspect(error);
      this.logger.error(`A listener to ${event.name} failed: ${stack}`);
    }
  }

  #add(name: TenantEventName | 'any', listener: Listener): () => void {
    const listeners = this.#of(name);
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own: Listener = (event) => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  #of(name: TenantEventName | 'any'): Set<Listener> {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    return listeners;
  }
}
