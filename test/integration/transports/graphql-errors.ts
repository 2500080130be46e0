import { TenantError } from '@parallax/tenant';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';

/**
 * Tells clients the code of an error of the library and what a client may know of it. GraphQL servers send an
 * error's message, and that of a TenantError is for the log.
 */
export function formatTenantError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const original = (error as GraphQLError).originalError;
  if (!(original instanceof TenantError)) return formatted;
  const { detail } = original.getResponse() as { readonly detail: string };
  return { ...formatted, message: detail, extensions: { code: original.code } };
}
