/** The relay in figures, for Prometheus: `GET /metrics`. */
import type { FastifyInstance } from 'fastify';
import type { SessionEvent } from '../../events/session-event.js';
import { expositionContentType, renderMetrics } from '../../metrics/exposition.js';
import { authorise } from '../authorise.js';
import { watchProcess } from '../process-metrics.js';
import type { RelayDesk } from '../relay-desk.js';
import { RelayMetrics } from '../relay-metrics.js';

export function metricsRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayDesk },
  done: () => void,
): void {
  const sessions = new RelayMetrics(relay);
  const ofProcess = watchProcess();
  const onEvent = (event: SessionEvent): void => sessions.take(event);
  relay.on('*', onEvent);
  app.addHook('onClose', (_app, closed) => {
    relay.off('*', onEvent);
    ofProcess.close();
    closed();
  });

  app.get('/metrics', { preHandler: authorise(relay) }, (_request, reply) => {
    const text = renderMetrics([...sessions.all, ...ofProcess.all]);
    ofProcess.restart();
    return reply.header('content-type', expositionContentType).send(text);
  });

  done();
}
