/** The relay's HTTP surface: one fastify instance, access checked before any route runs. */
import formbody from '@fastify/formbody';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { messageOf } from '../errors.js';
import type { RelayDesk } from './relay-desk.js';
import { refuseRequest } from './refusal.js';
import { metricsRoutes } from './routes/metrics-routes.js';
import { observeRoutes } from './routes/observe-routes.js';
import { pageRoutes } from './routes/page-routes.js';
import { mediaPath, twilioRoutes } from './routes/twilio-routes.js';
import { webRtcRoutes } from './routes/webrtc-routes.js';

export type HttpServer = FastifyInstance;

/** Largest HTTP body: a webhook's form has a few kilobytes. */
const maxBodyBytes = 256 * 1024;

export async function buildHttpServer(relay: RelayDesk): Promise<HttpServer> {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true,
    requestTimeout: 15_000,
    routerOptions: { ignoreTrailingSlash: true },
    // A HEAD of the event stream would never end, and nothing here needs one.
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => {
      // Of a refused upgrade that came past the hooks nobody else cuts the connection.
      if (request.headers.upgrade !== undefined) reply.raw.once('finish', () => request.raw.socket.destroy());
      void refuseRequest(reply, statusOf(error), messageOf(error));
    },
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    if (status >= 500) relay.notify('error', `A request failed: ${messageOf(error)}`);
    void refuseRequest(
      reply,
      status,
      status >= 500 ? 'The relay failed to answer; its log says why.' : messageOf(error),
    );
  });
  app.setNotFoundHandler((request, reply) => {
    void refuseRequest(reply, 404, `There is nothing at ${request.method} ${pathOf(request)}.`);
  });
  await app.register(formbody, { bodyLimit: maxBodyBytes });
  await app.register(websocket, {
    options: { maxPayload: relay.options.maxMessageBytes, perMessageDeflate: false },
    // Whoever handles a socket handles its errors; the default cuts it off, and the reason (1009) may be lost with it.
    errorHandler: () => undefined,
  });
  // Behind the plugin's own hook: it cuts a refused upgrade's connection only if it has seen the request before.
  app.addHook('onRequest', async (request, reply) => {
    const { host, origin } = request.headers;
    if (!relay.access.knowsHost(host))
      return refuseRequest(reply, 403, `This relay does not answer to the host ${host ?? '(none)'}.`);
    if (!relay.access.knowsOrigin(origin, host))
      return refuseRequest(reply, 403, `Pages of ${origin ?? ''} may not use this relay.`);
    if (request.ws && request.routeOptions.url !== mediaPath)
      return refuseRequest(reply, 404, `There is no socket at ${pathOf(request)}.`);
    return undefined;
  });
  app.addHook('preClose', (done) => {
    // The calls have ended by now. What is left never became one, and must not keep the port by not saying goodbye.
    for (const client of app.websocketServer.clients) client.terminate();
    done();
  });
  await app.register(pageRoutes, { relay });
  await app.register(observeRoutes, { relay });
  await app.register(metricsRoutes, { relay });
  await app.register(twilioRoutes, { relay });
  await app.register(webRtcRoutes, { relay });
  return app;
}

/** The path alone: a query may hold the token. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}

function statusOf(error: unknown): number {
  const status: unknown =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
