/** Looking at the relay: health, sessions, metrics, and the live event stream. */
import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { SessionEvent } from '../../events/session-event.js';
import { authorise } from '../authorise.js';
import { queryField } from '../query-field.js';
import type { RelayDesk } from '../relay-desk.js';
import { refuseRequest } from '../refusal.js';

const maxEventStreams = 100;
const heartbeatMs = 15_000;
/** An event stream whose reader falls this far behind is closed; it may come back and go on from now. */
const maxUnreadBytes = 1024 * 1024;

export function observeRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayDesk },
  done: () => void,
): void {
  const streams = new Set<ServerResponse>();

  app.addHook('preClose', (close) => {
    for (const stream of streams) stream.end();
    close();
  });

  app.get('/healthz', () => ({
    status: relay.draining ? 'draining' : 'ok',
    sessions: relay.sessions.length,
  }));

  app.get('/sessions', { preHandler: authorise(relay) }, async () => ({ sessions: await relay.snapshots() }));

  app.get('/voice/metrics', { preHandler: authorise(relay) }, async (request, reply) => {
    const id = queryField(request, 'session_id');
    if (id === undefined) {
      return refuseRequest(reply, 400, 'Which session? Add ?session_id=…; GET /sessions lists them.');
    }
    const snapshot = await relay.snapshot(id);
    if (!snapshot) return refuseRequest(reply, 404, `There is no session ${id}; GET /sessions lists them.`);
    return snapshot.metrics;
  });

  app.get('/events', { preHandler: authorise(relay) }, (request, reply) => {
    if (streams.size >= maxEventStreams) {
      return refuseRequest(reply, 503, `${maxEventStreams} event streams are open already.`);
    }
    const sessionId = queryField(request, 'session_id');
    reply.hijack();
    const { raw } = reply;
    streams.add(raw);
    // A hijacked reply does not send what was set on it.
    const cookie = reply.getHeader('set-cookie');
    if (cookie !== undefined) raw.setHeader('set-cookie', cookie);
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write(': hzrelay events\n\n');
    const write = (text: string): void => {
      if (raw.writableEnded) return;
      if (raw.writableLength > maxUnreadBytes) raw.destroy();
      else raw.write(text);
    };
    const onEvent = (event: SessionEvent): void => {
      if (sessionId !== undefined && event.sessionId !== sessionId) return;
      write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    };
    let heartbeat = relay.clock.setTimer(heartbeatMs, beat);
    function beat(): void {
      write(': still here\n\n');
      heartbeat = relay.clock.setTimer(heartbeatMs, beat);
    }
    relay.on('*', onEvent);
    // Also where the reader was gone before we came here.
    finished(raw, () => {
      heartbeat.cancel();
      relay.off('*', onEvent);
      streams.delete(raw);
    });
    return reply;
  });

  done();
}
