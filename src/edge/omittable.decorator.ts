import { ValidateIf } from 'class-validator';

/** The property may be left out, but is not null: `@IsOptional()` would let null through to the database. */
export const Omittable = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);
