/** The relay's HTTP surface: one fastify instance, access checked before any route runs. */
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { messageOf } from '../../core/errors.js';
import type { RelayContext } from '../relay-context.js';
import { isPreflight, refusedOrigins, shareWithOrigin } from './cross-origin.js';
import { refuseRequest, shown, shownPath } from './refusal.js';
import './route-config.js';
import { routeMatcher, routePath } from './route-path.js';
import { callRoutes } from './routes/call-routes.js';
import { metricsRoutes } from './routes/metrics-routes.js';
import { observeRoutes } from './routes/observe-routes.js';
import { pageRoutes } from './routes/page-routes.js';
import { visitorRoutes } from './routes/visitor-routes.js';
import { transportRoutes } from './transport-routes.js';

export type HttpServer = FastifyInstance;

/** Largest HTTP body on routes without their own limit. */
const maxBodyBytes = 256 * 1024;
/** How often Node checks for requests that have not arrived in time; its default is 30 s. */
const timeoutCheckMs = 1000;

/** Bodies are checked by the routes themselves; fastify's own compilers would take as long to load as all of the relay. */
const withoutSchemas = { buildValidator: noSchemas, buildSerializer: noSchemas };

function noSchemas(): never {
  throw new Error('Routes of the relay have no JSON schemas.');
}

/** Names a plugin as its function is named; fastify looks through all loaded modules for the name of one without. */
function named<P extends (...args: never[]) => unknown>(plugin: P): P {
  return Object.assign(plugin, { [Symbol.for('fastify.display-name')]: plugin.name });
}

export async function buildHttpServer(relay: RelayContext): Promise<HttpServer> {
  const { requestTimeoutMs } = relay.options;
  const routes = new Set<string>();
  let isRoute: (path: string) => boolean = () => true;
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(timeoutCheckMs, requestTimeoutMs),
    },
    rewriteUrl: ({ url = '/' }) => routePath({ requested: url, base: relay.access.basePath, isRoute }),
    routerOptions: { ignoreTrailingSlash: true },
    schemaController: { compilersFactory: withoutSchemas },
    // A HEAD of the event stream would never end, and no client here needs HEAD.
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => {
      // A framework error skips the hooks, so the connection of a refused upgrade must be closed here.
      if (request.headers.upgrade !== undefined) reply.raw.once('finish', () => request.raw.socket.destroy());
      void refuseRequest(reply, statusOf(error), messageOf(error));
    },
  });
  app.addHook('onRoute', ({ url }) => {
    // Preflights are answered for any path.
    if (url !== '*') routes.add(url);
  });
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) relay.notify('error', `A request failed: ${messageOf(error)}`);
    else
      relay.refusals.note(
        'body',
        () => `A request to ${shownPath(request)} was refused: ${shown(messageOf(error))}`,
      );
    void refuseRequest(
      reply,
      status,
      status >= 500 ? 'The relay failed to answer; its log says why.' : messageOf(error),
    );
  });
  app.setNotFoundHandler((request, reply) => {
    void refuseRequest(reply, 404, `There is nothing at ${request.method} ${pathOf(request)}.`);
  });
  await app.register(websocket, {
    options: { maxPayload: relay.options.maxMessageBytes, perMessageDeflate: false },
    // Each socket's handler handles its errors. The default handler closes the socket, which may lose the reason
    // (1009).
    errorHandler: () => undefined,
  });
  const tellOfOrigin = refusedOrigins(relay);
  // Added after the plugin's own hook, which closes the connection of a refused upgrade only if it saw the request
  // first.
  app.addHook('onRequest', async (request, reply) => {
    const { host, origin } = request.headers;
    if (!relay.access.knowsHost(host) && !provesItself(relay, request)) {
      relay.refusals.note('host', () => hostRemedy(relay, request));
      return refuseRequest(reply, 403, `This relay does not answer to the host ${host ?? '(none)'}.`);
    }
    if (!relay.access.knowsOrigin(origin, host)) return refuseRequest(reply, 403, tellOfOrigin(origin ?? ''));
    shareWithOrigin(relay.access, request, reply);
    if (request.ws && request.routeOptions.config.takesSockets !== true)
      return refuseRequest(reply, 404, `There is no socket at ${pathOf(request)}.`);
    return undefined;
  });
  app.addHook('onRequest', async (request, reply) => {
    // The page's links are relative: without the trailing slash they would miss the relay's path.
    const [path, query] = request.originalUrl.split('?');
    const { basePath } = relay.access;
    if (basePath === '' || path !== basePath || request.method !== 'GET') return undefined;
    return reply.redirect(`${basePath}/${query === undefined ? '' : `?${query}`}`, 308);
  });
  app.addHook('preClose', (done) => {
    // All calls have ended by now. The remaining sockets never became calls; terminate them, so that one without a
    // close handshake does not keep the port.
    for (const client of app.websocketServer.clients) client.terminate();
    done();
  });
  app.options('*', (request, reply) => {
    if (isPreflight(request)) return reply.code(204).send();
    reply.callNotFound();
    return reply;
  });
  await app.register(named(pageRoutes), { relay });
  await app.register(named(observeRoutes), { relay });
  await app.register(named(callRoutes), { relay });
  await app.register(named(visitorRoutes), { relay });
  await app.register(named(metricsRoutes), { relay });
  for (const ofTransport of Object.values(transportRoutes)) await app.register(named(ofTransport), { relay });
  isRoute = routeMatcher(routes);
  return app;
}

/** Whether to accept a request to an unknown host: proxies may use their own names for the relay. */
function provesItself({ access }: RelayContext, request: FastifyRequest): boolean {
  const { foreignHosts } = request.routeOptions.config;
  if (foreignHosts === 'all') return true;
  // Without a public address there is no proxy, and a carrier's signature covers whatever Host the request names.
  if (access.publicUrl === null) return false;
  if (foreignHosts) return foreignHosts.areProven();
  // A page that was rebound to this address (DNS rebinding) has no token: browsers send the cookie only to the host
  // that set it.
  return access.carriesToken(request.headers, request.query);
}

/** Says which Host was refused and what to do about it. */
function hostRemedy({ access }: RelayContext, request: FastifyRequest): string {
  const host = shown(request.headers.host);
  const refused = `A request to ${shownPath(request)} was refused: it names the host ${host}`;
  if (access.publicBase === null)
    return `${refused}, which is not one of this relay’s. If a proxy or tunnel leads here, name it: --public-url https://… (publicUrl).`;
  return `${refused}, but this relay is ${access.publicBase} and the request lacks its token. Have the proxy pass the Host on (nginx: proxy_set_header Host $host), or correct --public-url (publicUrl).`;
}

/** The path without the query, which may contain the token. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}

function statusOf(error: unknown): number {
  const status: unknown =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
