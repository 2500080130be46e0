import { type FieldProblem, ValidationFailedError } from '../../errors/request.errors.js';
import type { ResourceType } from './resource.js';

const TYPE = /^[a-z][a-z0-9_-]{0,62}$/;
const MAX_ID_BYTES = 200;
/** What no store takes in a name, and no log should. */
const CONTROL = /[\u0000-\u001f\u007f]/;

/** @throws ValidationFailedError naming what is wrong with either. */
export function assertResourceKey(type: ResourceType, id: string): void {
  const problems = [...typeProblems(type), ...idProblems(id)];
  if (problems.length > 0) throw new ValidationFailedError(problems);
}

/** @throws ValidationFailedError for what is no type. */
export function assertResourceType(type: ResourceType): void {
  const problems = typeProblems(type);
  if (problems.length > 0) throw new ValidationFailedError(problems);
}

function typeProblems(type: unknown): FieldProblem[] {
  if (typeof type === 'string' && TYPE.test(type)) return [];
  return [
    {
      field: 'type',
      message: 'must start with a lower-case letter and hold letters, digits, "-" and "_", at most 63',
    },
  ];
}

function idProblems(id: unknown): FieldProblem[] {
  const usable =
    typeof id === 'string' &&
    id.length > 0 &&
    Buffer.byteLength(id) <= MAX_ID_BYTES &&
    isWellFormed(id) &&
    !CONTROL.test(id);
  return usable
    ? []
    : [
        {
          field: 'id',
          message: `must be 1 to ${MAX_ID_BYTES} bytes of well-formed UTF-8, without control characters`,
        },
      ];
}

/** A lone surrogate has no UTF-8: two such ids would be stored as the same one. */
function isWellFormed(text: string): boolean {
  return Buffer.from(text, 'utf8').toString('utf8') === text;
}
