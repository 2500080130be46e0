import { ConflictError } from '../errors/request.errors.js';

/** The slug is another tenant's, or was. */
export function slugTaken(slug: string): ConflictError {
  return new ConflictError(`There is a tenant with the slug "${slug}" already, or there was one.`);
}

/** The id is another tenant's, or was. */
export function idTaken(id: string): ConflictError {
  return new ConflictError(`There is a tenant with the id ${id} already, or there was one.`);
}
