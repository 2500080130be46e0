/** The members of an RFC 9457 problem document, without the `instance` that each answer adds. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** For the client, and the same for every cause: nothing of the request or of the inside. */
  readonly detail: string;
  readonly code: string;
  readonly [extension: string]: unknown;
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';
