import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { StreamableFile } from '@nestjs/common';
import { runInScope, type TenantScope } from './tenant-scope.js';

/**
 * Lets a stream that a handler answered with be read in the handler's scope: a Readable, a StreamableFile, a
 * generator, a web stream or Response. NestJS reads it after the interceptors, in whichever scope it is called
 * from then, and later in that of whoever made room on the socket: either may be another request's.
 */
export function bindStream<T>(answer: T, scope: TenantScope): T {
  if (typeof answer !== 'object' || answer === null) return answer;
  const source =
    answer instanceof StreamableFile ? answer.getStream() : answer instanceof Response ? answer.body : answer;
  if (source instanceof Readable) bindMethods(source, ['_read', '_destroy'], scope);
  else if (source instanceof ReadableStream) bindWebStream(source, scope);
  else if (source && isAsyncIterable(source)) bindIterable(source, scope);
  return answer;
}

/** Its reader asks for the next chunk in the scope of whoever reads, hence through the reader. */
function bindWebStream(stream: ReadableStream, scope: TenantScope): void {
  const getReader = stream.getReader.bind(stream) as () => object;
  const bound = (): object => bindMethods(getReader(), ['read', 'cancel'], scope);
  Object.defineProperty(stream, 'getReader', { configurable: true, value: bound });
}

/** A generator runs, up to its first `await`, in the scope of whoever asks it for the next value. */
function bindIterable(iterable: AsyncIterable<unknown>, scope: TenantScope): void {
  const iterate = iterable[Symbol.asyncIterator].bind(iterable);
  const bound = (): object => bindMethods(iterate(), ['next', 'return', 'throw'], scope);
  Object.defineProperty(iterable, Symbol.asyncIterator, { configurable: true, value: bound });
}

/** On the object itself: NestJS tells by its identity whether the answer is still the handler's own stream. */
function bindMethods<T extends object>(object: T, names: readonly string[], scope: TenantScope): T {
  for (const name of names) {
    const method: unknown = Reflect.get(object, name);
    if (typeof method !== 'function') continue;
    const bound = (...args: unknown[]): unknown =>
      runInScope(scope, () => Reflect.apply(method, object, args) as unknown);
    Object.defineProperty(object, name, { configurable: true, writable: true, value: bound });
  }
  return object;
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return typeof Reflect.get(value, Symbol.asyncIterator) === 'function';
}
