/**
 * Removes all slashes at the end of an address, so that paths can be appended. Linear time, unlike a regular
 * expression.
 */
export function withoutTrailingSlashes(url: string): string {
  let end = url.length;
  while (url.endsWith('/', end)) end--;
  return url.slice(0, end);
}
