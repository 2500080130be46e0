const MAX_SEGMENT = 64;
const MAX_PATH = 200;

/** A dotted path for an answer: names a client made up are cut short and lose what is not plain text. */
export function fieldPath(segments: readonly string[]): string {
  const path = segments
    .map((segment) => shorten(segment.replace(/[^\x20-\x7e]/g, '?'), MAX_SEGMENT))
    .join('.');
  return shorten(path, MAX_PATH);
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
