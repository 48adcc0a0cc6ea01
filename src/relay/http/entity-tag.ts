/** The result of an `If-Match` condition (RFC 9110, section 13.1.1). */
export type IfMatch = 'missing' | 'any' | 'matches' | 'differs';

/** Compares an `If-Match` header with the resource's strong tag, quotes included. A weak tag never matches. */
export function ifMatch(header: string | undefined, etag: string): IfMatch {
  if (header === undefined || header.trim() === '') return 'missing';
  const tags = header.split(',').map((tag) => tag.trim());
  // WHIP's own example writes the star in quotes (RFC 9725, section 4.3.3).
  if (tags.some((tag) => tag === '*' || tag === '"*"')) return 'any';
  return tags.includes(etag) ? 'matches' : 'differs';
}
