import type { PipeTransform } from '@nestjs/common';
import { NotFoundError } from '@parallax/tenant';
import { TypeID } from 'typeid-js';

export type IdPrefix = 'tnt' | 'agt' | 'pat' | 'exe' | 'key' | 'alr';

/** 26 digits of Crockford's base 32 for 128 bits: the first carries three. https://github.com/jetify-com/typeid */
const SUFFIX = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/**
 * The form of an id that leaves the service.
 *
 * @example encodeId('agt', '01890a5d-ac96-774b-bcce-b302099a8057') // 'agt_01h455vb4pex5vsknk084sn02q'
 */
export function encodeId(prefix: IdPrefix, uuid: string): string {
  return TypeID.fromUUID(prefix, uuid).toString();
}

/** The uuid of a typed id; undefined for another type and for any but the one canonical spelling. */
export function decodeId(prefix: IdPrefix, text: string): string | undefined {
  const start = `${prefix}_`;
  if (!text.startsWith(start) || !SUFFIX.test(text.slice(start.length))) return undefined;
  // Not toUUID(), which throws for the 128 bits that no version of uuid has.
  const hex = Buffer.from(TypeID.fromString(text, prefix).toUUIDBytes()).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Decodes a parameter. A malformed id names nothing, so it is not found, like any other that names nothing. */
export class ParseIdPipe implements PipeTransform<unknown, string> {
  constructor(
    private readonly prefix: IdPrefix,
    private readonly what: string,
  ) {}

  /** @throws NotFoundError for anything that is not a typed id of the right type. */
  transform(value: unknown): string {
    const uuid = typeof value === 'string' ? decodeId(this.prefix, value) : undefined;
    if (uuid === undefined) throw new NotFoundError(this.what);
    return uuid;
  }
}

/**
 * A pipe for a parameter that is a typed id.
 *
 * @example find(@Param('id', parseId('agt', 'agent')) uuid: string)
 */
export function parseId(prefix: IdPrefix, what: string): ParseIdPipe {
  return new ParseIdPipe(prefix, what);
}
