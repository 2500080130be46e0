import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { defer, Observable, type ObservableInput } from 'rxjs';
import type { HeldQuota, QuotaGate } from '../context/quota-gate.js';
import { onlyRuntime } from '../context/tenant-runtime.js';
import { currentScope, type TenantScope } from '../context/tenant-scope.js';
import { ConfigurationError, TenantScopeMissingError } from '../errors/isolation.errors.js';
import { TenantRequiredError } from '../errors/request.errors.js';
import type { CheckedQuota } from './checked-quota.js';

interface Taken {
  readonly checked: CheckedQuota;
  readonly held: HeldQuota;
}

/** What a call may count on, because a call round it holds it. */
interface Cover {
  readonly amount: number;
  readonly pass: QuotaPass;
}

/** By tenant and limit. */
const covers = new AsyncLocalStorage<ReadonlyMap<string, Cover>>();

/** The units that one call of a checked method holds, from before it begins until it has ended. */
export class QuotaPass {
  static readonly #logger = new Logger('CheckQuota');
  readonly #taken: Taken[] = [];
  readonly #covers = new Map(covers.getStore());
  #settled: Promise<unknown> | undefined;

  private constructor(
    private readonly scope: TenantScope,
    private readonly tenantId: string,
    private readonly method: string,
  ) {}

  /**
   * Takes everything the method is held to, or nothing.
   *
   * @throws QuotaExceededError; ConfigurationError when an amount is not a whole number from 1;
   *   TenantScopeMissingError outside a tenant's scope, TenantRequiredError in a call that has no tenant.
   */
  static async take(
    checked: readonly CheckedQuota[],
    args: readonly unknown[],
    method: string,
  ): Promise<QuotaPass> {
    const scope = currentScope();
    if (!scope?.tenant) {
      if (scope?.admitted) throw new TenantRequiredError([]);
      throw new TenantScopeMissingError(`${method} is held to a quota, and was called`);
    }
    const amounts = checked.map((each) => amountOf(each, args, method));
    const pass = new QuotaPass(scope, scope.tenant.tenantId, method);
    const { quotas } = scope.runtime ?? onlyRuntime();
    try {
      for (const [index, each] of checked.entries()) await pass.#take(each, amounts[index] as number, quotas);
    } catch (error) {
      await pass.abandon();
      throw error;
    }
    return pass;
  }

  /** Runs the work; calls inside it of what is held already are not counted again. */
  run<T>(work: () => T): T {
    return covers.run(this.#covers, work);
  }

  /** The work as an Observable, whose end settles the pass before anyone is told. */
  follow(work: () => ObservableInput<unknown>): Observable<unknown> {
    let isBegun = false;
    return new Observable((subscriber) => {
      if (isBegun) throw this.#countedOnce();
      isBegun = true;
      const source = this.run(() =>
        defer(work).subscribe({
          next: (value) => subscriber.next(value),
          error: (error: unknown) => void this.fail(error).then(() => subscriber.error(error)),
          complete: () => void this.succeed().then(() => subscriber.complete()),
        }),
      );
      return () => {
        source.unsubscribe();
        // Whoever leaves early has had a part of the work. Once it has ended this changes nothing.
        void this.succeed();
      };
    });
  }

  succeed(): Promise<unknown> {
    return this.#settle(({ held }) => held.commit());
  }

  fail(error: unknown): Promise<unknown> {
    return this.#settle(({ checked, held }) => {
      // Whoever hangs up could make the work fail by that.
      const isRefunded = this.scope.answer?.isAbandoned !== true && checked.refundOn(error);
      return isRefunded ? held.release() : held.commit();
    });
  }

  /** The work never began: nobody has had anything for it, so no refund is used up. */
  abandon(): Promise<unknown> {
    return this.#settle(({ held }) => held.commit(0));
  }

  async #take(checked: CheckedQuota, amount: number, quotas: QuotaGate): Promise<void> {
    const key = `${this.tenantId} ${checked.limit}`;
    const known = this.#covers.get(key);
    // What was held by a call that has ended covers nothing: work it left behind is counted anew.
    const covered = known && !known.pass.#settled ? known.amount : 0;
    if (amount <= covered) return;
    const { limit, ttlSeconds } = checked;
    const held = await quotas.reserveQuota(limit, amount - covered, { inFlight: true, ttlSeconds });
    this.#taken.push({ checked, held });
    this.#covers.set(key, { amount, pass: this });
  }

  #countedOnce(): ConfigurationError {
    return new ConfigurationError(
      `What ${this.method} answered with was subscribed to twice and is counted once. Write its return type down, ` +
        'Observable<…>: then each subscription is a call.',
    );
  }

  #settle(end: (taken: Taken) => Promise<unknown>): Promise<unknown> {
    return (this.#settled ??= Promise.all(this.#taken.map((each) => this.#end(each, end))));
  }

  /** The work is done, whatever becomes of this: its caller is not to fail for it. */
  async #end(taken: Taken, end: (taken: Taken) => Promise<unknown>): Promise<void> {
    try {
      await end(taken);
    } catch (error) {
      QuotaPass.#logger.warn(
        `What ${this.method} holds of ${taken.checked.limit} of tenant ${this.tenantId} is left to the expiry of ` +
          `its reservation: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

function amountOf({ limit, amount }: CheckedQuota, args: readonly unknown[], method: string): number {
  const units: unknown = Reflect.apply(amount, undefined, args);
  if (Number.isSafeInteger(units) && (units as number) > 0) return units as number;
  throw new ConfigurationError(
    `The amount of @CheckQuota('${limit}') on ${method} did not answer with a whole number from 1. Where a caller ` +
      'can cause that, throw a ValidationFailedError in it.',
  );
}
