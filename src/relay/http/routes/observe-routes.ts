/** Routes that observe the relay: health, sessions, metrics of a session, and the live event stream. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { SessionEvent } from '../../../events/session-event.js';
import { traceJson } from '../../../session/trace/session-trace.js';
import { authorise } from '../authorise.js';
import { EventTail, type TailedEvent } from '../event-tail.js';
import { queryField } from '../query-field.js';
import type { RelayContext } from '../../relay-context.js';
import { refuseRequest } from '../refusal.js';

const maxEventStreams = 100;
const heartbeatMs = 15_000;
/** The relay closes the stream of a reader that falls this far behind. The reader may connect again. */
const maxUnreadBytes = 1024 * 1024;
/** How many past events a new reader can get. */
const maxTail = 1000;

interface SessionRoute {
  readonly Params: { readonly id: string };
}

/** An open event stream. */
interface EventReader {
  /** Undefined stands for all sessions. */
  readonly sessionId: string | undefined;
  readonly write: (text: string) => void;
}

export function observeRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayContext },
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

  // Load balancers use any host name.
  app.get('/healthz', { config: { foreignHosts: 'all' } }, () => ({
    status: relay.draining ? 'draining' : 'ok',
    sessions: relay.sessions.length,
    // A client that has the relay called needs its public address.
    ...(relay.access.publicBase !== null && { publicUrl: relay.access.publicBase }),
  }));

  app.get('/sessions', { preHandler: authorise(relay) }, async () => ({ sessions: await relay.snapshots() }));

  app.get<SessionRoute>('/sessions/:id', { preHandler: authorise(relay) }, async (request, reply) => {
    const { id } = request.params;
    return (await relay.snapshot(id)) ?? refuseRequest(reply, 404, unknownSession(id));
  });

  app.get<SessionRoute>('/sessions/:id/trace', { preHandler: authorise(relay) }, async (request, reply) => {
    const { id } = request.params;
    const trace = await relay.trace(id);
    if (trace) return reply.type('application/json; charset=utf-8').send(await traceJson(trace));
    const isKnown = (await relay.snapshot(id)) !== null;
    return refuseRequest(reply, 404, isKnown ? traceGone(id) : unknownSession(id));
  });

  app.get('/voice/metrics', { preHandler: authorise(relay) }, async (request, reply) => {
    const id = queryField(request, 'session_id');
    if (id === undefined) {
      return refuseRequest(reply, 400, 'Which session? Add ?session_id=…; GET /sessions lists them.');
    }
    const snapshot = await relay.snapshot(id);
    if (!snapshot) return refuseRequest(reply, 404, unknownSession(id));
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
    // A reader that reconnects continues where it was (https://html.spec.whatwg.org/multipage/server-sent-events.html).
    const lastId = request.headers['last-event-id'];
    const missed = typeof lastId === 'string' ? tail.after(lastId, sessionId) : null;
    reply.hijack();
    const { raw } = reply;
    // A hijacked reply does not send what was set on it.
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // Where the stream begins; some parsers drop an id that comes without data.
      'last-event-id': tail.latestId,
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
    // This also runs if the reader left before this point.
    finished(raw, () => {
      heartbeat.cancel();
      streams.delete(raw);
    });
    return reply;
  });

  done();
}

function unknownSession(id: string): string {
  return `There is no session ${id}; GET /sessions lists them.`;
}

function traceGone(id: string): string {
  return `No trace of session ${id} is kept here. A relay keeps those of its running sessions, and its session directory may keep those of the latest that ended; with --record (createRelay: record) every call’s folder gets its trace.jsonl.`;
}

function messageOf({ id, event }: TailedEvent): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
