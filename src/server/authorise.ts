/** The relay's token as the private routes' door. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryField } from './query-field.js';
import { refuseRequest } from './refusal.js';
import type { RelayDesk } from './relay-desk.js';

/**
 * A handler that lets a request through that carries the relay's token, where one is needed; to a browser that came by the
 * printed link it gives the cookie that stands for the link from then on.
 */
export function authorise(
  relay: RelayDesk,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    const { access } = relay;
    if (!access.guarded) return undefined;
    if (!access.carriesToken(request.headers, request.query)) {
      return refuseRequest(
        reply,
        401,
        'This relay can be reached from outside, so this needs its token: open the link that it printed.',
      );
    }
    if (queryField(request, 'token') !== undefined) {
      reply.header('set-cookie', access.cookie(access.publicUrl?.protocol === 'https:'));
    }
    return undefined;
  };
}
