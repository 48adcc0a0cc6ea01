/** The HTTP routes of each transport. Transports do not import the relay, so this file connects the two. */
import type { FastifyPluginCallback } from 'fastify';
import type { TransportType } from '../../transport/registry.js';
import type { RelayContext } from '../relay-context.js';
import { twilioRoutes } from './routes/twilio-routes.js';
import { webRtcRoutes } from './routes/webrtc-routes.js';

/** Registers a transport's HTTP and WebSocket routes. A WebSocket route sets `takesSockets` in its config. */
export type TransportRoutes = FastifyPluginCallback<{ readonly relay: RelayContext }>;

export const transportRoutes: Readonly<Record<TransportType, TransportRoutes>> = {
  twilio: twilioRoutes,
  webrtc: webRtcRoutes,
};
