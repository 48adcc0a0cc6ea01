/**
 * Routes under a base path: a relay at `https://example.com/voice` gets `/voice/twilio/voice` from a proxy that keeps
 * the path, and `/twilio/voice` from one that strips it. Both are the same route.
 */

export interface RoutePathOptions {
  /** The path and query of the request as received. */
  readonly requested: string;
  /** The path of the public address, without a trailing slash; empty if it has none. */
  readonly base: string;
  /** Whether there is a route at this path, given without the query. */
  readonly isRoute: (path: string) => boolean;
}

/** The path and query without the base, as the routes expect them. */
export function routePath({ requested, base, isRoute }: RoutePathOptions): string {
  if (base === '' || !requested.startsWith(base)) return requested;
  const rest = requested.slice(base.length);
  if (!/^(?:[/?]|$)/.test(rest)) return requested;
  const below = rest.startsWith('/') ? rest : `/${rest}`;
  const [path = '', query = ''] = requested.split('?');
  if (!isRoute(below.split('?')[0] ?? '')) {
    // For example `/twilio/voice` behind a proxy that stripped the base `/twilio`. If neither path is a route, the 404
    // names the one without the base.
    return isRoute(path) ? requested : below;
  }
  // The one ambiguous path: under the base `/voice`, `/voice/metrics` is `/metrics`, unless the query names a session,
  // which `/metrics` does not take.
  return path === '/voice/metrics' && /(?:^|&)session_id=/.test(query) ? requested : below;
}

/** Makes a function that says whether a path matches one of these router patterns (`/page/*`, `/webrtc/:id`). */
export function routeMatcher(routes: Iterable<string>): (path: string) => boolean {
  const patterns = [...new Set(routes)].map((route) =>
    route
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\/:\w+/g, '/[^/]+')
      .replace(/\*/g, '.*'),
  );
  const pattern = new RegExp(`^(?:${patterns.join('|')})/?$`);
  return (path) => path === '/' || pattern.test(path);
}
