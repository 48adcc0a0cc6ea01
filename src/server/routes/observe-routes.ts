/** Looking at the relay: health, sessions, metrics, and the live event stream. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { SessionEvent } from '../../events/session-event.js';
import { authorise } from '../authorise.js';
import { EventTail, type TailedEvent } from '../event-tail.js';
import { queryField } from '../query-field.js';
import type { RelayDesk } from '../relay-desk.js';
import { refuseRequest } from '../refusal.js';

const maxEventStreams = 100;
const heartbeatMs = 15_000;
/** An event stream whose reader falls this far behind is closed; it may come back and go on from now. */
const maxUnreadBytes = 1024 * 1024;
/** Past events that a new reader can have. */
const maxTail = 1000;

/** Someone who reads the event stream. */
interface EventReader {
  /** Undefined: of every session. */
  readonly sessionId: string | undefined;
  readonly write: (text: string) => void;
}

export function observeRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayDesk },
  done: () => void,
): void {
  const streams = new Map<ServerResponse, EventReader>();
  const tail = new EventTail(randomBytes(4).toString('hex'), maxTail);
  const onEvent = (event: SessionEvent): void => {
    const tailed = tail.add(event);
    if (streams.size === 0) return;
    const message = messageOf(tailed);
    for (const { sessionId, write } of streams.values())
      if (sessionId === undefined || event.sessionId === sessionId) write(message);
  };
  relay.on('*', onEvent);

  app.addHook('preClose', (close) => {
    relay.off('*', onEvent);
    for (const stream of streams.keys()) stream.end();
    close();
  });

  app.get('/healthz', () => ({
    status: relay.draining ? 'draining' : 'ok',
    sessions: relay.sessions.length,
    // Whoever asks here to have it called must know where.
    ...(relay.access.publicUrl && { publicUrl: relay.access.publicUrl.origin }),
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
    const count = queryField(request, 'tail') ?? '0';
    if (!/^\d{1,4}$/.test(count) || Number(count) > maxTail) {
      return refuseRequest(reply, 400, `tail is the number of past events to begin with, 0 to ${maxTail}.`);
    }
    // A reader that comes back goes on where it was (https://html.spec.whatwg.org/multipage/server-sent-events.html).
    const lastId = request.headers['last-event-id'];
    const missed = typeof lastId === 'string' ? tail.after(lastId, sessionId) : null;
    reply.hijack();
    const { raw } = reply;
    // A hijacked reply does not send what was set on it.
    const cookie = reply.getHeader('set-cookie');
    if (cookie !== undefined) raw.setHeader('set-cookie', cookie);
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write(`: hzrelay events\n\nid: ${tail.latestId}\n\n`);
    const write = (text: string): void => {
      if (raw.writableEnded) return;
      if (raw.writableLength > maxUnreadBytes) raw.destroy();
      else raw.write(text);
    };
    for (const past of missed ?? tail.last(Number(count), sessionId)) write(messageOf(past));
    streams.set(raw, { sessionId, write });
    let heartbeat = relay.clock.setTimer(heartbeatMs, beat);
    function beat(): void {
      write(': still here\n\n');
      heartbeat = relay.clock.setTimer(heartbeatMs, beat);
    }
    // Also where the reader was gone before we came here.
    finished(raw, () => {
      heartbeat.cancel();
      streams.delete(raw);
    });
    return reply;
  });

  done();
}

function messageOf({ id, event }: TailedEvent): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
