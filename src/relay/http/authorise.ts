/** Checks the relay's token on private routes. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryField } from './query-field.js';
import { refuseRequest, shownPath } from './refusal.js';
import type { RelayContext } from '../relay-context.js';

/**
 * Makes a handler that refuses requests without the relay's token where one is needed. A browser that opens the printed
 * link gets a cookie, which replaces the token in later requests. `admits`: whether a request without it may pass all the same.
 */
export function authorise(
  relay: RelayContext,
  admits: (request: FastifyRequest) => boolean = () => false,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    const { access } = relay;
    if (!access.guarded) return undefined;
    if (!access.carriesToken(request.headers, request.query)) {
      if (admits(request)) return undefined;
      relay.refusals.note(
        'token',
        () => `A request to ${shownPath(request)} was refused: it lacks the relay’s token.`,
      );
      return refuseRequest(
        // RFC 6750, section 3.
        reply.header('www-authenticate', 'Bearer'),
        401,
        'This relay can be reached from outside, so this needs its token: open the link that it printed.',
      );
    }
    if (queryField(request, 'token') !== undefined) {
      // On a shared host the cookie is limited to the relay's path, if the request's URL contains that path.
      const { basePath } = access;
      const path = basePath !== '' && request.originalUrl.startsWith(`${basePath}/`) ? `${basePath}/` : '/';
      reply.header('set-cookie', access.cookie(access.publicUrl?.protocol === 'https:', path));
    }
    return undefined;
  };
}
