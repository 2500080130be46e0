import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { ValidationFailedError } from '@parallax/tenant';
import { jsonProblem } from './validation/json-limits.js';

/** Looks bodies and queries over before anything recursive, the transformer above all, gets to see them. */
@Injectable()
export class BodyLimitsPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    if (type === 'body' || type === 'query') {
      const problem = jsonProblem(value);
      if (problem) throw new ValidationFailedError([problem]);
    }
    return value;
  }
}
