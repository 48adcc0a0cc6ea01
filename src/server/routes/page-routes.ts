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

/** For a person who came without the printed link. */
const lockedPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>hzrelay: locked</title>
<h1>This page needs the relay’s token</h1>
<p>The relay can be reached from outside, so it lets in only who has the link that <code>hzrelay dev</code> printed:
its address ends with <code>/?token=…</code>. Open that link once; this browser is remembered from then on.</p>
</html>
`;

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

  const explainLock = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { access } = relay;
    const isPerson = request.headers.accept?.includes('text/html') === true;
    if (!isPerson || !access.guarded || access.carriesToken(request.headers, request.query)) return undefined;
    return reply.code(401).headers(headers).type('text/html; charset=utf-8').send(lockedPage);
  };

  app.get('/', { preHandler: [explainLock, preHandler] }, (request, reply) =>
    send(request, reply, 'index.html'),
  );

  app.get<{ Params: { '*': string } }>('/page/*', { preHandler }, (request, reply) =>
    send(request, reply, request.params['*']),
  );

  done();
}
