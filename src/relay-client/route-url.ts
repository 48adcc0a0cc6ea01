import { withoutTrailingSlashes } from '../network/base-url.js';

/** The URL of a relay's route, under the path of the relay's address if it has one. */
export function routeUrl(relayUrl: string, path: `/${string}`): URL {
  return new URL(`${withoutTrailingSlashes(relayUrl)}${path}`);
}
