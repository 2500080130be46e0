import type { FieldProblem } from '@parallax/tenant';
import { fieldPath } from './field-path.js';

/** Levels of nesting; a flat object has one. */
const MAX_DEPTH = 20;
/** Values of every kind together. */
const MAX_NODES = 10_000;
/** In a pattern that reads code points, a surrogate is one without its other half. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
interface Node {
  readonly value: unknown;
  readonly depth: number;
  readonly key?: string;
  readonly parent?: Node;
}

/**
 * The first reason not to work with a parsed value: too deep, too large, or holding what PostgreSQL cannot store or
 * code should not meet. It does not recurse: the value's depth is not ours to choose.
 */
export function jsonProblem(root: unknown): FieldProblem | undefined {
  const pending: Node[] = [{ value: root, depth: 0 }];
  let nodes = 0;
  for (let node = pending.pop(); node; node = pending.pop()) {
    nodes += 1;
    const message = nodeProblem(node, nodes);
    if (message) return { field: pathOf(node), message };
    if (typeof node.value !== 'object' || node.value === null) continue;
    for (const [key, value] of Object.entries(node.value)) {
      pending.push({ value, depth: node.depth + 1, key, parent: node });
    }
  }
  return undefined;
}

function nodeProblem({ value, depth, key, parent }: Node, nodes: number): string | undefined {
  if (nodes > MAX_NODES) return `is one of more than ${MAX_NODES} values`;
  if (depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
  if (key !== undefined && !Array.isArray(parent?.value)) {
    // They reach a prototype when an object is merged carelessly, and class-transformer drops them without a word.
    if (key in Object.prototype) return 'is not an allowed property name';
    if (!isStorable(key)) return 'has a name with a NUL or half a surrogate pair in it';
  }
  if (typeof value === 'string' && !isStorable(value)) return 'must not hold a NUL or half a surrogate pair';
  // Larger than any number there is, JSON.parse makes Infinity of it, and JSON.stringify null.
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is a number too large to keep';
  return undefined;
}

function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

function pathOf(node: Node): string {
  const keys: string[] = [];
  for (let at: Node | undefined = node; at?.key !== undefined; at = at.parent) keys.unshift(at.key);
  return keys.length === 0 ? 'body' : fieldPath(keys);
}
