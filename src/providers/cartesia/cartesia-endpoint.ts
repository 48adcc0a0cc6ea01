/** Where Cartesia is, and what every request to it carries. */
import { withoutTrailingSlashes } from '../../network/base-url.js';

const service = 'https://api.cartesia.ai';

/**
 * The version of Cartesia's API that this room speaks; newer ones keep its fields.
 *
 * Source: https://docs.cartesia.ai/use-the-api/api-conventions
 */
const apiVersion = '2026-03-01';

/** The address for requests, without a slash at its end. */
export function httpUrl(baseUrl: string = service): string {
  return withoutTrailingSlashes(baseUrl).replace(/^ws/i, 'http');
}

/** The address for WebSockets, without a slash at its end. */
export function webSocketUrl(baseUrl: string = service): string {
  return withoutTrailingSlashes(baseUrl).replace(/^http/i, 'ws');
}

/** The key is sent in a header, so that it is in no address and in no log of addresses. */
export function headersOf(apiKey: string): Readonly<Record<string, string>> {
  return { Authorization: `Bearer ${apiKey}`, 'Cartesia-Version': apiVersion };
}
