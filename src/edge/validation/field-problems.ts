import type { FieldProblem } from '@parallax/tenant';
import type { ValidationError } from '@nestjs/common';
import { fieldPath } from './field-path.js';

const MAX_PROBLEMS = 20;

/** One entry for each rule that does not hold, with the dotted path of the field, and never its value. */
export function fieldProblems(errors: readonly ValidationError[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const pending = errors.map((error) => ({ error, path: [] as string[] }));
  for (let next = pending.shift(); next && problems.length < MAX_PROBLEMS; next = pending.shift()) {
    const { error } = next;
    const path = [...next.path, error.property || 'body'];
    for (const [rule, message] of Object.entries(error.constraints ?? {})) {
      problems.push({ field: fieldPath(path), message: plainMessage(rule, message, error.property) });
    }
    pending.unshift(...(error.children ?? []).map((child) => ({ error: child, path })));
  }
  return problems;
}

/** The validator's messages begin with the name of the property, which `field` holds already. */
function plainMessage(rule: string, message: string, property: string | undefined): string {
  if (rule === 'whitelistValidation') return 'is not a known property';
  if (rule === 'unknownValue') return 'must be an object';
  return property && message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
