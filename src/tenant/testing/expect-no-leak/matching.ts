/** `*` in a pattern stands for anything, also for nothing. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/** What a table of patterns has for the name; an exact one wins. */
export function lookUp<V>(table: Readonly<Record<string, V>> | undefined, name: string): V | undefined {
  if (!table) return undefined;
  if (Object.hasOwn(table, name)) return table[name];
  return Object.entries(table).find(([pattern]) => matches(pattern, name))?.[1];
}
