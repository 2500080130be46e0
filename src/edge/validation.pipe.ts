import { Injectable, ValidationPipe } from '@nestjs/common';
import { ValidationFailedError } from '@parallax/tenant';
import { fieldProblems } from './validation/field-problems.js';

/** Turns bodies and queries into their DTOs. What the DTO does not name is refused, not dropped. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      stopAtFirstError: false,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => new ValidationFailedError(fieldProblems(errors)),
    });
  }
}
