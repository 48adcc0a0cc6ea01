/**
 * Pages of other origins (the Fetch standard, section 3.3: CORS). Pages of allowed origins may send requests and read
 * the answers. Others are refused; the log names the origin and says how to allow it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { printable } from '../../events/sys-log.js';
import type { AccessPolicy } from './access.js';
import type { RelayContext } from '../relay-context.js';

/** Methods and headers that the relay's routes understand. */
const methods = 'GET, POST, PATCH, DELETE, OPTIONS';
const requestHeaders = 'authorization, content-type, if-match';
/** Response headers that a page may read besides the simple ones: WHIP's, and `retry-after`. */
const answerHeaders = 'location, etag, link, accept-post, accept-patch, allow, retry-after';
/** How long a browser may cache the answer to a preflight. */
const maxAgeSeconds = 600;
/** How many refused origins are logged, so that a client with many origins cannot flood the log. */
const maxToldOrigins = 20;
const maxOriginLength = 200;

/** Lets pages of an allowed origin read the answer; a preflight also gets the allowed methods and headers. */
export function shareWithOrigin(access: AccessPolicy, request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (!access.allowsOrigin(origin)) return;
  // Without credentials: the relay's cookie is for its own page only; other pages send the token themselves.
  void reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': answerHeaders,
    vary: 'origin',
  });
  if (!isPreflight(request)) return;
  void reply.headers({
    'access-control-allow-methods': methods,
    'access-control-allow-headers': requestHeaders,
    'access-control-max-age': maxAgeSeconds,
  });
  // A page from the internet asks for a relay on this machine (Private Network Access, section 3.1).
  if (request.headers['access-control-request-private-network'] === 'true')
    void reply.header('access-control-allow-private-network', 'true');
}

/** Whether the request is a CORS preflight. A preflight carries no token, so it needs none. */
export function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Returns a function that makes the message for a page of a refused origin, and logs it once per origin. */
export function refusedOrigins(relay: Pick<RelayContext, 'notify'>): (origin: string) => string {
  const told = new Set<string>();
  return (given) => {
    const origin = printable(given).slice(0, maxOriginLength);
    // All pages without an address, such as files, share one origin (`null`), so none of them can be allowed.
    const remedy = /^https?:\/\/./.test(origin)
      ? `: if they are yours, start the relay with --allow-origin ${origin} (allowedOrigins)`
      : '; serve yours from an address, for example http://localhost:5173';
    const message = `Pages of ${origin === '' ? 'no origin' : origin} may not use this relay${remedy}.`;
    if (!told.has(origin) && told.size < maxToldOrigins) {
      told.add(origin);
      relay.notify('warn', message);
    }
    return message;
  };
}
