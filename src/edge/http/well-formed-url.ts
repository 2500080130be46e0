import { BadRequestException } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Middleware that refuses a path whose percent-encoding is broken; Express looks only once a parameter matches it. */
export function wellFormedUrl(
  { url = '' }: IncomingMessage,
  _response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const [path = ''] = url.split('?', 1);
  try {
    decodeURIComponent(path);
  } catch {
    next(new BadRequestException());
    return;
  }
  next();
}
