/** The test page: `GET /`, its files under `/page/`, and what it says of the agent, `GET /about`. */
import type { PageIntroduction } from '../../../call-view/introduction.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../../core/errors.js';
import { authorise } from '../authorise.js';
import { readPageFiles, type PageFile } from '../page-files.js';
import { refuseRequest } from '../refusal.js';
import { configForAnyCall, resolveConfig } from '../../config/config.js';
import { stageNames } from '../../config/stage-names.js';
import type { RelayContext } from '../../relay-context.js';

/** The page may load from this relay and connect to it, and to no other host. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  // Recorded calls.
  "media-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  // The printed link contains the token in its query, which must not leak as a referrer.
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'microphone=(self), autoplay=(self), camera=(), geolocation=()',
  // Cached, but revalidated each time: after an update the page must match its relay.
  'cache-control': 'private, no-cache',
};

/** Shown in a browser that lacks the token. */
const lockedPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>hzrelay: locked</title>
<h1>This page needs the relay’s token</h1>
<p>The relay can be reached from outside, so you need the link that <code>hzrelay dev</code> printed:
its address ends with <code>/?token=…</code>. Open that link once; this browser is remembered from then on.</p>
</html>
`;

export function pageRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayContext },
  done: () => void,
): void {
  // Read at the first request, so that a relay for phone calls does not read them at start-up.
  let reading: Promise<ReadonlyMap<string, PageFile>> | null = null;
  const preHandler = authorise(relay);

  const send = async (request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> => {
    reading ??= readPageFiles();
    const files = await reading;
    // Read again next time, in case the page has been built by then.
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

  app.get('/about', { preHandler }, (_request, reply) => reply.headers(headers).send(introductionOf(relay)));

  app.get<{ Params: { '*': string } }>('/page/*', { preHandler }, (request, reply) =>
    send(request, reply, request.params['*']),
  );

  done();
}

/** What the page tells a visitor, with the names of the providers where every call has the same. */
function introductionOf(relay: RelayContext): PageIntroduction {
  const { session, page, providers } = relay.options;
  const config =
    typeof session === 'object' && resolveConfig(configForAnyCall(session), process.env, providers);
  const names = config ? { providers: stageNames(config) } : {};
  try {
    return { ...names, ...page() };
  } catch (thrown) {
    const message = `The test page cannot say who answers: the option page failed: ${messageOf(thrown)}`;
    relay.notify('error', message);
    return names;
  }
}
