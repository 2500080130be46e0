import { ValidationFailedError } from '../errors/request.errors.js';
import type { TenantMetadata } from './tenant.js';

const NAME_MAX_LENGTH = 200;
const METADATA_MAX_BYTES = 65_536;
/** Levels of nesting; a flat object has one. */
const METADATA_MAX_DEPTH = 20;
/** PostgreSQL stores neither. In a pattern that reads code points, a surrogate is one without its other half. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** @throws ValidationFailedError when it is no name. */
export function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed.length === 0 || trimmed.length > NAME_MAX_LENGTH)
    throw refused('name', `must have 1 to ${NAME_MAX_LENGTH} characters`);
  if (UNSTORABLE.test(trimmed)) throw refused('name', 'must not hold a NUL or half a surrogate pair');
  return trimmed;
}

/** @throws ValidationFailedError when it is not a plain object of JSON values, or more than 64 KiB of them. */
export function checkedMetadata(metadata: TenantMetadata): TenantMetadata {
  if (!isPlainObject(metadata)) throw refused('metadata', 'must be a plain object');
  for (const [key, value] of Object.entries(metadata)) {
    const problem = textProblem(key) ?? (value === undefined ? undefined : valueProblem(value, 2));
    if (problem !== undefined) throw refused('metadata', problem);
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_MAX_BYTES)
    throw refused('metadata', `must be at most ${METADATA_MAX_BYTES} bytes of JSON`);
  return metadata;
}

function valueProblem(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : 'holds a number that is not JSON';
  if (typeof value === 'string') return textProblem(value);
  if (!Array.isArray(value) && !isPlainObject(value))
    return 'must hold only JSON: plain objects, arrays, text, numbers, booleans and null';
  if (depth > METADATA_MAX_DEPTH) return `is nested more than ${METADATA_MAX_DEPTH} levels deep`;
  for (const [key, inner] of Object.entries(value as object)) {
    const problem = textProblem(key) ?? valueProblem(inner, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function textProblem(text: string): string | undefined {
  return UNSTORABLE.test(text) ? 'must not hold a NUL or half a surrogate pair' : undefined;
}

/** Of any realm: what a worker or a test runner's sandbox made is as plain as our own. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refused(field: string, message: string): ValidationFailedError {
  return new ValidationFailedError([{ field, message }]);
}
