/** What a client got for one request. */
export interface Answer {
  readonly status: number;
  /** By name in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body read as JSON; undefined when it is none. */
  readonly json: unknown;
}

export function succeeded({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

export function isEventStream({ headers }: Pick<Answer, 'headers'>): boolean {
  return headers['content-type']?.startsWith('text/event-stream') ?? false;
}

/** A body that was written bit by bit, and is no document. */
export function isStream({ headers, json }: Answer): boolean {
  return headers['transfer-encoding'] === 'chunked' && json === undefined;
}
