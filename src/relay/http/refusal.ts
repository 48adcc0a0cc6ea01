import type { FastifyReply, FastifyRequest } from 'fastify';
import { printable } from '../../events/sys-log.js';

/** Answers with JSON, `{ error: message }`; the message says what to do. */
export function refuseRequest(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: message });
}

/** The requested path for the log, without the query, which may contain the token. */
export function shownPath(request: FastifyRequest): string {
  return shown(request.originalUrl.split('?')[0]);
}

/** A client's text for the log: at most 200 characters, without control characters. */
export function shown(text: string | undefined): string {
  return printable(text ?? '(none)').slice(0, 200);
}
