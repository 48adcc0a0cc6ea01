/** `POST /visitor-tokens`: tokens with which the visitors of somebody's own page may call. */
import type { FastifyInstance } from 'fastify';
import { authorise } from '../authorise.js';
import { queryField } from '../query-field.js';
import { refuseRequest } from '../refusal.js';
import type { RelayContext } from '../../relay-context.js';

export function visitorRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayContext },
  done: () => void,
): void {
  app.post('/visitor-tokens', { preHandler: authorise(relay) }, async (request, reply) => {
    const seconds = queryField(request, 'valid_for_s');
    if (seconds !== undefined && !/^[1-9]\d{0,4}$/.test(seconds))
      return refuseRequest(reply, 400, 'valid_for_s is the time to begin a call in seconds, 1 to 99999.');
    const token = relay.visitorToken(seconds === undefined ? {} : { validForMs: Number(seconds) * 1000 });
    return reply.code(201).header('cache-control', 'no-store').send({ token });
  });

  done();
}
