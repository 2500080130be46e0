import { isObservable, Observable } from 'rxjs';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { CHECKED_QUOTAS, type CheckedQuota } from './checked-quota.js';
import { checkedTtl } from './quota-input.js';
import { QuotaPass } from './quota-pass.js';
import { isRefundable } from './refund.js';

/** How `@CheckQuota` counts a call. */
export interface CheckQuotaOptions<Args extends readonly unknown[] = []> {
  /**
   * Units one call takes, by the arguments of the method: a whole number from 1; any other ends the call with
   * ConfigurationError before the method runs. Throw a ValidationFailedError for what a caller got wrong.
   *
   * @default one
   */
  readonly amount?: (...args: Args) => number;
  /**
   * Whether a call that ended with this error gives its units back, within the plan's `refundCap`.
   *
   * @default when the server failed: an error that is no HttpException, a status from 500, a timeout (408), or a
   *   refusal further in by the plan or a quota.
   */
  readonly refundOn?: (error: unknown) => boolean;
  /** Seconds the work takes at most, from 1 to 86,400; what is still under way then is charged in full. @default 900 */
  readonly ttlSeconds?: number;
}

type Method<Params extends readonly unknown[], Result> = (...args: Params) => Result;

/** Takes only methods that answer with a Promise or an Observable. */
export type CheckQuotaDecorator<Args extends readonly unknown[] = []> = <
  Params extends readonly [...Args, ...unknown[]],
  Result extends Promise<unknown> | Observable<unknown>,
>(
  target: object,
  property: string | symbol,
  descriptor: TypedPropertyDescriptor<Method<Params, Result>>,
) => void;

type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

interface Wrapped {
  readonly original: AnyMethod;
  readonly checked: readonly CheckedQuota[];
}

/** What each wrapper is round, so that several decorators on one method become one: taken together or not at all. */
const wrapped = new WeakMap<AnyMethod, Wrapped>();

/**
 * The method uses up a quota of the tenant whose scope runs: units are reserved before it begins, charged when it has
 * succeeded, and given back when it failed through no fault of the caller. Of a limit of kind `concurrency` a slot is
 * held for as long as it runs. It works on any method of a provider or controller that answers with a Promise or an
 * Observable: routes, resolvers, message handlers, and what a job calls inside `runTenantJob`. The name and kind of
 * the limit are checked when the application starts.
 *
 * Several on one method hold together or not at all. A call inside a call that holds the same limit for the same
 * tenant is not counted again. Of a method that answers with an Observable, subscribing is the call; write its return
 * type down, which is what tells it from one that answers with a Promise.
 *
 * @throws QuotaExceededError (429); TenantScopeMissingError outside a tenant's scope; ConfigurationError for an amount
 *   that is none, and of a module that counts nothing; UnavailableError when the counters are away.
 * @example
 * \@CheckQuota('maxExecutions', { amount: (batch: Batch) => batch.items.length })
 * async execute(batch: Batch): Promise<Execution[]> { … }
 */
export function CheckQuota<Args extends readonly unknown[] = []>(
  limit: string,
  { amount = () => 1, refundOn = isRefundable, ttlSeconds }: CheckQuotaOptions<Args> = {},
): CheckQuotaDecorator<Args> {
  const own: CheckedQuota = { limit, amount, refundOn, ttlSeconds: checkedTtl(ttlSeconds) };
  return (target, property, descriptor) => {
    const decorated = descriptor.value as AnyMethod | undefined;
    if (typeof decorated !== 'function') {
      throw new ConfigurationError(`@CheckQuota('${limit}') is on ${String(property)}, which is no method.`);
    }
    const inner = wrapped.get(decorated) ?? { original: decorated, checked: [] };
    const checked = [own, ...inner.checked];
    const wrapper = wrap(inner.original, checked, target, property);
    wrapped.set(wrapper, { original: inner.original, checked });
    describeAs(wrapper, decorated);
    Reflect.defineMetadata(CHECKED_QUOTAS, checked, wrapper);
    descriptor.value = wrapper as unknown as NonNullable<typeof descriptor.value>;
  };
}

function wrap(
  original: AnyMethod,
  checked: readonly CheckedQuota[],
  target: object,
  property: string | symbol,
): AnyMethod {
  const owner = typeof target === 'function' ? target : target.constructor;
  const where = `${owner.name}.${String(property)}`;
  if (returnsObservable(target, property)) {
    return function checkedObservable(...args) {
      const work = (): unknown => Reflect.apply(original, this, args);
      return observed(checked, args, where, work);
    };
  }
  return async function checkedMethod(...args) {
    const pass = await QuotaPass.take(checked, args, where);
    const work = (): unknown => Reflect.apply(original, this, args);
    let result: unknown;
    try {
      result = await pass.run(work);
    } catch (error) {
      await pass.fail(error);
      throw error;
    }
    if (isObservable(result)) return pass.follow(() => result);
    await pass.succeed();
    return result;
  };
}

function observed(
  checked: readonly CheckedQuota[],
  args: readonly unknown[],
  where: string,
  work: () => unknown,
): Observable<unknown> {
  return new Observable((subscriber) => {
    QuotaPass.take(checked, args, where).then(
      (pass) => {
        if (subscriber.closed) void pass.abandon();
        else subscriber.add(pass.follow(work as () => Observable<unknown>).subscribe(subscriber));
      },
      (error: unknown) => subscriber.error(error),
    );
  });
}

/** Of another copy of rxjs too. */
function returnsObservable(target: object, property: string | symbol): boolean {
  const type: unknown = Reflect.getMetadata('design:returntype', target, property);
  return typeof type === 'function' && isObservable(type.prototype);
}

/** What other decorators and frameworks left on a method, or look for there: its metadata, name and length. */
function describeAs(wrapper: AnyMethod, method: AnyMethod): void {
  Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(method));
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
}
