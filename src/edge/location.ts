import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request and a response of either adapter. */
export type HttpRequest = { readonly originalUrl?: string; readonly url?: string } & Partial<IncomingMessage>;
export type HttpResponse =
  Pick<ServerResponse, 'setHeader'> | { header(name: string, value: string): unknown };

/** Points to what was just created, under the URL it was created by. */
export function setLocation(request: HttpRequest, response: HttpResponse, id: string): void {
  const [path = ''] = (request.originalUrl ?? request.url ?? '').split('?');
  const location = `${path.replace(/\/+$/, '')}/${id}`;
  if ('header' in response) response.header('Location', location);
  else response.setHeader('Location', location);
}
