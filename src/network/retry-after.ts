/** Returns a response header's value by its lower-case name; null or undefined if there is none. */
export type ReadHeader = (name: string) => string | null | undefined;

/**
 * How long a server asks to wait before the next request, in milliseconds; undefined if it does not say. A date is
 * compared with the response's own `Date`, so that differing clocks do not matter; without a `Date` it is ignored.
 *
 * Source: RFC 9110 section 10.2.3. `retry-after-ms` is OpenAI's own, more exact header.
 */
export function retryAfterMs(read: ReadHeader): number | undefined {
  const exactMs = read('retry-after-ms') ?? '';
  if (isNumber(exactMs)) return Number(exactMs);
  const asked = read('retry-after') ?? '';
  if (isNumber(asked)) return Number(asked) * 1000;
  // `Date.parse` takes "-1" for a date, too.
  if (!/^[A-Z][a-z]{2,8},? /.test(asked)) return undefined;
  const waitMs = Date.parse(asked) - Date.parse(read('date') ?? '');
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

function isNumber(text: string): boolean {
  return /^\d{1,9}(\.\d{1,9})?$/.test(text);
}
