import { Logger, type LoggerService } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { runOutsideScope } from '../../context/tenant-scope.js';
import { UnavailableError } from '../../errors/request.errors.js';
import type { TenantStore } from '../tenant.store.js';
import type { Tenant } from '../tenant.js';
import { frozenCopy } from './frozen-copy.js';
import { completeCacheOptions, type TenantCacheOptions } from './tenant-cache.options.js';

/** What a cache did since it was made: each `find` is a hit or a miss. */
export interface TenantCacheStats {
  /** Answers from a copy no older than `ttlMs`. */
  readonly hits: number;
  /** Answers the store had to be asked for. */
  readonly misses: number;
  /** Misses the store did not answer, so that an older copy was used. */
  readonly stale: number;
  /** Copies kept now. */
  readonly entries: number;
}

interface Copy {
  readonly tenant: Tenant;
  /** When the reading began, by this process's monotonic clock: what it saw may be as old as that. */
  readonly readAt: number;
}

interface Read {
  readonly reference: Reference;
  readonly answer: Promise<Tenant | undefined>;
  /** Whether the tenant was, or may have been, changed since it began. */
  outdated: boolean;
}

type Reference = { readonly id: string } | { readonly slug: string };

/** How long the store may take, in milliseconds; then it counts as away. */
const READ_TIMEOUT_MS = 5_000;
/** How often at most it is logged that the store is away, in milliseconds. */
const WARN_EVERY_MS = 30_000;

/**
 * Copies of tenants, so that a request need not ask the store who its tenant is.
 *
 * What is used was read at most `ttlMs` and the time of one reading ago; when the store is away, at most
 * `maxStaleMs` ago; past that the answer is an error, never a guess. A copy known to be outdated is never used
 * again. Unknown and deleted tenants are not kept, so a new tenant is there at once. Give it a store that reads
 * the primary: the lag of a replica would come on top.
 *
 * Tenants it answers with are frozen, dates included, since everybody shares them.
 *
 * @example
 * const cache = new TenantCache(store, { ttlMs: 1_000 });
 * const tenant = await cache.find({ slug: 'acme' });
 */
export class TenantCache {
  readonly #options: Required<TenantCacheOptions>;
  #copies: LRUCache<string, Copy>;
  /** Of the copies kept, by slug. */
  #ids = new Map<string, string>();
  readonly #reads = new Map<string, Read>();
  readonly #counts = { hits: 0, misses: 0, stale: 0 };
  #warnedAt = -Infinity;

  /** @throws ConfigurationError for options that cannot be. */
  constructor(
    private readonly store: Pick<TenantStore, 'findById' | 'findBySlug'>,
    options: TenantCacheOptions = {},
    private readonly logger: LoggerService = new Logger(TenantCache.name),
  ) {
    this.#options = completeCacheOptions(options);
    this.#copies = this.#noCopies();
  }

  /**
   * The tenant, or undefined when unknown or deleted. Callers who ask for one tenant at the same time share one
   * reading, which none of them can end for the others.
   *
   * @throws UnavailableError when the store is away and there is no copy recent enough. `cause` says why.
   */
  async find(reference: Reference): Promise<Tenant | undefined> {
    const fresh = this.#copyOf(reference, this.#options.ttlMs);
    if (fresh) {
      this.#counts.hits += 1;
      return fresh.tenant;
    }
    this.#counts.misses += 1;
    try {
      return await this.#read(reference);
    } catch (cause) {
      this.#warn(cause);
      const recent = this.#copyOf(reference, this.#options.maxStaleMs);
      if (!recent) throw new UnavailableError('The tenant could not be read.', { cause });
      this.#counts.stale += 1;
      return recent.tenant;
    }
  }

  /** The tenant was changed: what is known of it, and what is being read, is not used any more. */
  drop(id: string): void {
    this.#copies.delete(id);
    // Whose tenant a reading by slug is about shows only when it is done.
    this.#outdate((reference) => 'slug' in reference || reference.id === id);
  }

  /** Any tenant may have been changed. */
  clear(): void {
    // Emptying what is there, entry by entry, would hold up every request.
    this.#copies = this.#noCopies();
    this.#ids = new Map();
    this.#outdate(() => true);
  }

  /** Counted since it was made, but for the copies kept now. */
  stats(): TenantCacheStats {
    return { ...this.#counts, entries: this.#copies.size };
  }

  #noCopies(): LRUCache<string, Copy> {
    return new LRUCache({
      max: this.#options.maxTenants,
      dispose: ({ tenant }) => {
        if (this.#ids.get(tenant.slug) === tenant.id) this.#ids.delete(tenant.slug);
      },
    });
  }

  #copyOf(reference: Reference, withinMs: number): Copy | undefined {
    const id = 'id' in reference ? reference.id : this.#ids.get(reference.slug);
    const copy = id === undefined ? undefined : this.#copies.get(id);
    return copy && performance.now() - copy.readAt < withinMs ? copy : undefined;
  }

  /** Once more when the tenant was changed meanwhile: the second reading began after that, and after the call. */
  async #read(reference: Reference): Promise<Tenant | undefined> {
    const read = this.#joinRead(reference);
    const tenant = await read.answer;
    if (!read.outdated) return tenant;
    return this.#copyOf(reference, this.#options.ttlMs)?.tenant ?? this.#joinRead(reference).answer;
  }

  #joinRead(reference: Reference): Read {
    const key = 'id' in reference ? `id ${reference.id}` : `slug ${reference.slug}`;
    const running = this.#reads.get(key);
    if (running) return running;
    const readAt = performance.now();
    const answer = runOutsideScope(() => within(READ_TIMEOUT_MS, this.#ask(reference)))
      .then((tenant) => {
        if (this.#reads.get(key) === read) this.#keep(reference, tenant, readAt);
        return tenant;
      })
      .finally(() => {
        if (this.#reads.get(key) === read) this.#reads.delete(key);
      });
    const read: Read = { reference, answer, outdated: false };
    // Without copies nobody shares a reading either: it began before the other's call.
    if (this.#options.ttlMs > 0) this.#reads.set(key, read);
    return read;
  }

  async #ask(reference: Reference): Promise<Tenant | undefined> {
    const found = await ('id' in reference
      ? this.store.findById(reference.id)
      : this.store.findBySlug(reference.slug));
    return found && found.status !== 'deleted' ? frozenCopy(found) : undefined;
  }

  #keep(reference: Reference, tenant: Tenant | undefined, readAt: number): void {
    const known = tenant ? this.#copies.peek(tenant.id) : this.#copyOf(reference, Infinity);
    // Two readings of one tenant, by id and by slug, may end in another order than they began.
    if (known && known.readAt > readAt) return;
    if (tenant) {
      this.#copies.set(tenant.id, { tenant, readAt });
      this.#ids.set(tenant.slug, tenant.id);
    } else if (known) {
      this.#copies.delete(known.tenant.id);
    }
  }

  #outdate(concerns: (reference: Reference) => boolean): void {
    for (const [key, read] of this.#reads) {
      if (!concerns(read.reference)) continue;
      read.outdated = true;
      this.#reads.delete(key);
    }
  }

  #warn(cause: unknown): void {
    if (performance.now() - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = performance.now();
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.logger.warn(
      `Tenants cannot be read (${reason}). Copies up to ${this.#options.maxStaleMs} ms old are used.`,
    );
  }
}

/** What was asked goes on; only nobody waits for it any longer. */
async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
