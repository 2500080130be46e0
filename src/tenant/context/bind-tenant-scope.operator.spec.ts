import { map, Subject } from 'rxjs';
import { bindTenantScope } from './bind-tenant-scope.operator.js';
import { currentScope, runInScope, TenantScope } from './tenant-scope.js';

describe(bindTenantScope.name, () => {
  const [own, foreign] = [new TenantScope(undefined), new TenantScope(undefined)];

  function listen(source: Subject<number>): unknown[] {
    const seen: unknown[] = [];
    source
      .pipe(
        bindTenantScope(),
        map((value) => [value, currentScope()]),
      )
      .subscribe({
        next: (value) => seen.push(value),
        error: () => seen.push(['error', currentScope()]),
        complete: () => seen.push(['complete', currentScope()]),
      });
    return seen;
  }

  it('has what comes after it run in the scope of whoever subscribed', () => {
    const source = new Subject<number>();
    const [ofOwn, ofForeign] = [
      runInScope(own, () => listen(source)),
      runInScope(foreign, () => listen(source)),
    ];
    runInScope(foreign, () => source.next(1));
    source.next(2);
    runInScope(foreign, () => source.complete());
    expect(ofOwn).toEqual([
      [1, own],
      [2, own],
      ['complete', own],
    ]);
    expect(ofForeign).toEqual([
      [1, foreign],
      [2, foreign],
      ['complete', foreign],
    ]);
  });

  it('does so with an error', () => {
    const source = new Subject<number>();
    const seen = runInScope(own, () => listen(source));
    runInScope(foreign, () => source.error(new Error('of the source')));
    expect(seen).toEqual([['error', own]]);
  });

  it('has it run in no scope when whoever subscribed was in none', () => {
    const source = new Subject<number>();
    const seen = listen(source);
    runInScope(foreign, () => source.next(1));
    expect(seen).toEqual([[1, undefined]]);
  });

  it('lets go of the source when it is unsubscribed from', () => {
    const source = new Subject<number>();
    const subscription = source.pipe(bindTenantScope()).subscribe();
    expect(source.observed).toBe(true);
    subscription.unsubscribe();
    expect(source.observed).toBe(false);
  });
});
