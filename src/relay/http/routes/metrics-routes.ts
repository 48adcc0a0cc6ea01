/** `GET /metrics`: metrics of the relay and its process for Prometheus. */
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import type { SessionEvent } from '../../../events/session-event.js';
import { authorise } from '../authorise.js';
import { watchProcess } from '../process-metrics.js';
import type { RelayContext } from '../../relay-context.js';
import { RelayMetrics } from '../relay-metrics.js';

export function metricsRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayContext },
  done: () => void,
): void {
  const registry = new Registry();
  const sessions = new RelayMetrics(relay, registry);
  const unwatchProcess = watchProcess(registry);
  const onEvent = (event: SessionEvent): void => {
    sessions.take(event);
    if (event.type !== 'session.start') return;
    const session = relay.sessions.find(({ id }) => id === event.sessionId);
    session?.watchUsage((usage, wasted) => sessions.used(usage, wasted));
  };
  relay.on('*', onEvent);
  app.addHook('onClose', (_app, closed) => {
    relay.off('*', onEvent);
    unwatchProcess();
    closed();
  });

  app.get('/metrics', { preHandler: authorise(relay) }, async (_request, reply) =>
    reply.header('content-type', registry.contentType).send(await registry.metrics()),
  );

  done();
}
