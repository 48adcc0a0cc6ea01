/** Routes for looking at calls afterwards: their list, the events of one, and its recorded audio. */
import type { FastifyInstance } from 'fastify';
import { authorise } from '../authorise.js';
import { refuseRequest } from '../refusal.js';
import { recordingFiles } from '../../recording/recording-folder.js';
import type { RelayContext } from '../../relay-context.js';

interface CallRoute {
  readonly Params: { readonly id: string };
}

/** What a call says is nobody else's business: no cache keeps it. */
const notStored = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export function callRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayContext },
  done: () => void,
): void {
  const preHandler = authorise(relay);

  app.get('/calls', { preHandler }, async (_request, reply) => {
    const calls = await relay.history.list();
    return reply.headers(notStored).send({ calls });
  });

  app.get<CallRoute>('/sessions/:id/events', { preHandler }, async (request, reply) => {
    const { id } = request.params;
    const events = await relay.history.events(id);
    return events
      ? reply.headers(notStored).type('application/x-ndjson; charset=utf-8').send(events)
      : refuseRequest(
          reply,
          404,
          `No events of session ${id} are kept; GET /calls lists the calls whose are.`,
        );
  });

  app.get<CallRoute>('/sessions/:id/audio', { preHandler }, async (request, reply) => {
    const { id } = request.params;
    const root = await relay.history.recording(id);
    if (root === null) return refuseRequest(reply, 404, noAudio(id));
    // A player asks for the part that it wants to play, by the Range header.
    const { send } = await import('@fastify/send');
    const options = { root, dotfiles: 'allow', cacheControl: false, etag: false } as const;
    const found = await send(request.raw, `/${recordingFiles.audio}`, options);
    if (found.type === 'error') return refuseRequest(reply, found.statusCode, noAudio(id));
    return reply
      .code(found.statusCode)
      .headers({ ...found.headers, ...notStored })
      .send(found.stream);
  });

  done();
}

function noAudio(id: string): string {
  return `There is no finished recording of session ${id}. Calls are recorded with --record (createRelay: record), from their beginning to their end.`;
}
