/** The test page: `GET /` and, below `/page/`, the files that it asks for. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authorise } from '../authorise.js';
import { readPageFiles, type PageFile } from '../page-files.js';
import { refuseRequest } from '../refusal.js';
import type { RelayDesk } from '../relay-desk.js';

/** The page loads from this relay and talks to it, and to nothing and nobody else. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  // The printed link has the token in its query.
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'microphone=(self), autoplay=(self), camera=(), geolocation=()',
  // Kept, but asked for anew each time: after an update the page must fit its relay.
  'cache-control': 'private, no-cache',
};

export function pageRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayDesk },
  done: () => void,
): void {
  // Read when somebody first looks: a relay that only takes phone calls starts without.
  let reading: Promise<ReadonlyMap<string, PageFile>> | null = null;
  const preHandler = authorise(relay);

  const send = async (request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> => {
    reading ??= readPageFiles();
    const files = await reading;
    // A page that is built later is found then.
    if (files.size === 0) reading = null;
    const file = files.get(path);
    if (!file) {
      return path === 'index.html'
        ? refuseRequest(reply, 404, 'The test page was not built: run "npm run build" first.')
        : refuseRequest(reply, 404, `The test page has no file ${path}.`);
    }
    void reply.headers(headers).header('etag', file.etag);
    if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
    return reply.type(file.contentType).send(file.body);
  };

  app.get('/', { preHandler }, (request, reply) => send(request, reply, 'index.html'));

  app.get<{ Params: { '*': string } }>('/page/*', { preHandler }, (request, reply) =>
    send(request, reply, request.params['*']),
  );

  done();
}
