/**
 * Keeps a value on a class or method next to those kept there before, its base class's included: of two
 * decorators on one route the second must not undo the first, as `SetMetadata` would.
 */
export function addMetadata(key: string, value: unknown): ClassDecorator & MethodDecorator {
  return (target: object, _property?: string | symbol, descriptor?: PropertyDescriptor) => {
    const decorated = (descriptor?.value as object | undefined) ?? target;
    const kept = (Reflect.getMetadata(key, decorated) as readonly unknown[] | undefined) ?? [];
    Reflect.defineMetadata(key, [...kept, value], decorated);
  };
}
